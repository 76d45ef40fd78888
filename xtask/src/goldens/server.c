/* server PORT FILE.ppm: shows a picture by libvncserver until it is ended. */
#include <stdio.h>
#include <stdlib.h>

#include <rfb/rfb.h>

/* As four bytes a pixel: red, green, blue, unused. */
static char *read_picture(const char *name, int *width, int *height)
{
    FILE *file = fopen(name, "rb");
    if (!file || fscanf(file, "P6 %d %d 255", width, height) != 2 || getc(file) != '\n')
        return NULL;
    const size_t count = (size_t)*width * *height;
    char *pixels = calloc(count, 4);
    for (size_t i = 0; pixels && i < count; i++)
        if (fread(pixels + 4 * i, 1, 3, file) != 3)
            return NULL;
    fclose(file);
    return pixels;
}

int main(int count, char **arguments)
{
    int width, height;
    char *pixels = count == 3 ? read_picture(arguments[2], &width, &height) : NULL;
    if (!pixels) {
        fprintf(stderr, "usage: server PORT FILE.ppm\n");
        return 2;
    }
    rfbScreenInfoPtr screen = rfbGetScreen(NULL, NULL, width, height, 8, 3, 4);
    if (!screen)
        return 1;
    screen->frameBuffer = pixels;
    screen->desktopName = "golden";
    screen->port = atoi(arguments[1]);
    screen->ipv6port = -1;
    screen->listenInterface = htonl(INADDR_LOOPBACK);
    screen->alwaysShared = TRUE;
    rfbInitServer(screen);
    puts("listening");
    fflush(stdout);
    rfbRunEventLoop(screen, 5000, FALSE);
    return 0;
}
