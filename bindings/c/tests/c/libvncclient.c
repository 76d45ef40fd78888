/* libvncclient.c PORT ENCODINGS FILE.ppm: what libvncclient holds of a server after its first whole update. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rfb/rfbclient.h>

static int drawn;

static void updated(rfbClient *client, int x, int y, int width, int height) {
    (void)client, (void)x, (void)y;
    drawn += width * height;
}

static void quiet(const char *format, ...) {
    (void)format;
}

int main(int count, char **arguments) {
    if (count < 4)
        return 2;
    rfbClientLog = quiet;
    rfbClient *client = rfbGetClient(8, 3, 4);
    client->serverHost = strdup("127.0.0.1");
    client->serverPort = atoi(arguments[1]);
    client->appData.encodingsString = arguments[2];
    client->appData.enableJPEG = FALSE;
    client->GotFrameBufferUpdate = updated;
    if (!rfbInitClient(client, NULL, NULL))
        return 3;
    while (drawn < client->width * client->height)
        if (WaitForMessage(client, 10000000) <= 0 || !HandleRFBServerMessage(client))
            return 4;
    FILE *file = fopen(arguments[3], "wb");
    if (file == NULL)
        return 5;
    fprintf(file, "P6 %d %d 255\n", client->width, client->height);
    for (int at = 0; at < client->width * client->height; at++)
        fwrite(client->frameBuffer + at * 4, 1, 3, file);
    if (fclose(file) != 0)
        return 6;
    rfbClientCleanup(client);
    return 0;
}
