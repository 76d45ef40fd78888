/*
 * Shows a desktop in a window, with its sound: SDL2 draws and plays, Tightrope does the rest.
 *
 *     cc viewer.c -o viewer $(pkg-config --cflags --libs tightrope sdl2)
 *     ./viewer 'vncs://HOST:PORT/?fingerprint=sha256:...' [PASSWORD]
 *
 * Keys, the pointer, the wheel and text on the clipboard go to the desktop. A lost connection is tried again for a minute.
 */
#include <SDL.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <tightrope.h>

static tr_client client;
static SDL_Window *window;
static SDL_Renderer *renderer;
static SDL_Texture *texture;
static tr_picture picture;
static bool is_over; /* The server has said goodbye. */

static void must(tr_result result) {
    if (result != TR_OK) {
        fprintf(stderr, "viewer: %s\n", tr_error_message());
        exit(1);
    }
}

static void must_sdl(bool worked) {
    if (!worked) {
        fprintf(stderr, "viewer: %s\n", SDL_GetError());
        exit(1);
    }
}

/* SDL's thread for sound. */
static void play(void *nobody, Uint8 *bytes, int length) {
    (void)nobody;
    tr_client_sound_fill(client, (float *)(void *)bytes, (size_t)length / 8, 0);
}

/* Tells SDL's loop that there is something to be fetched, then waits until it was. */
static SDL_sem *fetched;
static int watch(void *nobody) {
    (void)nobody;
    struct pollfd waits = {tr_client_descriptor(client), POLLIN, 0};
    while (poll(&waits, 1, -1) >= 0) {
        SDL_Event event = {.type = SDL_USEREVENT};
        SDL_PushEvent(&event);
        SDL_SemWait(fetched);
    }
    return 0;
}

/* The desktop has this size: the window gets it too. */
static void fit(void) {
    must(tr_client_picture(client, &picture));
    if (texture) SDL_DestroyTexture(texture);
    texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING, (int)picture.width,
                                (int)picture.height);
    must_sdl(texture != NULL);
    SDL_SetWindowSize(window, (int)picture.width, (int)picture.height);
    SDL_UpdateTexture(texture, NULL, picture.pixels, (int)picture.stride);
}

/* Takes the pixels of `rect` over. */
static void take(const tr_rect *rect) {
    SDL_Rect part = {(int)rect->left, (int)rect->top, (int)rect->width, (int)rect->height};
    const char *first = (const char *)picture.pixels + rect->top * picture.stride + rect->left * 4;
    SDL_UpdateTexture(texture, &part, first, (int)picture.stride);
}

static void set_cursor(void) {
    tr_cursor shape;
    must(tr_client_cursor(client, &shape));
    SDL_ShowCursor(shape.width > 0);
    if (shape.width == 0) return;
    SDL_Surface *surface =
        SDL_CreateRGBSurfaceWithFormatFrom((void *)(uintptr_t)shape.pixels, (int)shape.width, (int)shape.height, 32,
                                           (int)shape.width * 4, SDL_PIXELFORMAT_ARGB8888);
    SDL_Cursor *cursor = surface ? SDL_CreateColorCursor(surface, (int)shape.hot_x, (int)shape.hot_y) : NULL;
    if (cursor) SDL_SetCursor(cursor);
    SDL_FreeSurface(surface);
}

/* What the server tells. Whether there is something new to be shown. */
static bool handle(const tr_event *event) {
    switch (event->kind) {
    case TR_EVENT_UPDATED:
        for (size_t i = 0; i < event->rects_count; i++) take(&event->rects[i]);
        return true;
    case TR_EVENT_RESIZED: fit(); return true;
    case TR_EVENT_RENAMED: SDL_SetWindowTitle(window, event->text); break;
    case TR_EVENT_CURSOR: set_cursor(); break;
    case TR_EVENT_CLIPBOARD:
        if (event->clipboard.text) SDL_SetClipboardText(event->clipboard.text);
        break;
    case TR_EVENT_GOODBYE:
        fprintf(stderr, "the server says: %s\n", event->text);
        is_over = true;
        break;
    default: break;
    }
    return false;
}

/* The X11 keysym of a key; 0 for none. */
static uint32_t keysym(SDL_Keysym key) {
    static const struct {
        SDL_Keycode key;
        uint32_t keysym;
    } others[] = {
        {SDLK_RETURN, 0xff0d},  {SDLK_ESCAPE, 0xff1b}, {SDLK_BACKSPACE, 0xff08}, {SDLK_TAB, 0xff09},
        {SDLK_DELETE, 0xffff},  {SDLK_HOME, 0xff50},   {SDLK_LEFT, 0xff51},      {SDLK_UP, 0xff52},
        {SDLK_RIGHT, 0xff53},   {SDLK_DOWN, 0xff54},   {SDLK_PAGEUP, 0xff55},    {SDLK_PAGEDOWN, 0xff56},
        {SDLK_END, 0xff57},     {SDLK_INSERT, 0xff63}, {SDLK_LSHIFT, 0xffe1},    {SDLK_RSHIFT, 0xffe2},
        {SDLK_LCTRL, 0xffe3},   {SDLK_RCTRL, 0xffe4},  {SDLK_LALT, 0xffe9},      {SDLK_RALT, 0xfe03},
        {SDLK_LGUI, 0xffeb},    {SDLK_RGUI, 0xffec},   {SDLK_CAPSLOCK, 0xffe5},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].key == key.sym) return others[i].keysym;
    if (key.sym >= SDLK_F1 && key.sym <= SDLK_F12) return 0xffbe + (uint32_t)(key.sym - SDLK_F1);
    if (key.sym < ' ' || key.sym > 0xff) return 0;
    /* SDL gives the letter of the key, not what Shift makes of it; the desktop knows Shift too. */
    bool capital = key.sym >= 'a' && key.sym <= 'z' && (!(key.mod & KMOD_SHIFT) != !(key.mod & KMOD_CAPS));
    return (uint32_t)key.sym - (capital ? 32 : 0);
}

static void point(int x, int y, Uint32 buttons, uint32_t wheel) {
    uint32_t held = (buttons & SDL_BUTTON_LMASK ? 1u : 0) | (buttons & SDL_BUTTON_MMASK ? 2u : 0) |
                    (buttons & SDL_BUTTON_RMASK ? 4u : 0);
    uint32_t right = picture.width - 1, bottom = picture.height - 1;
    uint32_t column = x < 0 ? 0 : (uint32_t)x, row = y < 0 ? 0 : (uint32_t)y;
    tr_client_pointer(client, column < right ? column : right, row < bottom ? row : bottom, held | wheel);
}

/* What the user does. Whether to go on. */
static bool act(const SDL_Event *event) {
    int x, y;
    Uint32 buttons = SDL_GetMouseState(&x, &y);
    switch (event->type) {
    case SDL_QUIT: return false;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        if (keysym(event->key.keysym))
            tr_client_key(client, keysym(event->key.keysym), 0, event->type == SDL_KEYDOWN);
        break;
    case SDL_MOUSEMOTION:
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: point(x, y, buttons, 0); break;
    case SDL_MOUSEWHEEL:
        point(x, y, buttons, event->wheel.y > 0 ? 8 : 16);
        point(x, y, buttons, 0);
        break;
    case SDL_CLIPBOARDUPDATE: {
        char *text = SDL_GetClipboardText();
        tr_client_set_clipboard_text(client, text);
        SDL_free(text);
        break;
    }
    default: break;
    }
    return true;
}

/* Fetches all there is. Whether the session goes on. */
static bool fetch(tr_event *event) {
    bool is_new = false;
    for (;;) {
        tr_result result = tr_client_wait(client, 0, event);
        if (!is_over && (result == TR_ERROR_NETWORK || result == TR_ERROR_CLOSED)) {
            fprintf(stderr, "viewer: %s\n", tr_error_message());
            for (int tries = 0; tries < 120 && (result = tr_client_reconnect(client, 5000)) == TR_ERROR_NETWORK; tries++)
                SDL_Delay(500);
        }
        if (result != TR_OK) {
            fprintf(stderr, "viewer: %s\n", tr_error_message());
            return false;
        }
        if (event->kind == TR_EVENT_NONE) break;
        is_new |= handle(event);
    }
    if (is_new) {
        SDL_RenderCopy(renderer, texture, NULL, NULL);
        SDL_RenderPresent(renderer);
    }
    return true;
}

static void connect_to(const char *url, const char *password) {
    tr_client_config config;
    must(tr_client_config_create(url, &config));
    must(tr_client_config_set_password(config, password));
    must(tr_client_config_set_sound(config, true));
    must(tr_client_connect(config, 30000, &client));
    must(tr_client_config_destroy(config));
}

int main(int count, char **words) {
    if (count < 2) {
        fprintf(stderr, "usage: %s URL [PASSWORD]\n", words[0]);
        return 1;
    }
    connect_to(words[1], count > 2 ? words[2] : NULL);
    char name[256] = "Tightrope";
    tr_client_name(client, name, sizeof name);
    must_sdl(SDL_Init(SDL_INIT_VIDEO | SDL_INIT_AUDIO) == 0);
    window = SDL_CreateWindow(name, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, 640, 480, 0);
    must_sdl(window != NULL);
    renderer = SDL_CreateRenderer(window, -1, 0);
    must_sdl(renderer != NULL);
    fit();

    SDL_AudioSpec sound = {.freq = 48000, .format = AUDIO_F32SYS, .channels = 2, .samples = 512, .callback = play};
    SDL_AudioDeviceID device = SDL_OpenAudioDevice(NULL, 0, &sound, NULL, 0);
    if (device) SDL_PauseAudioDevice(device, 0);
    fetched = SDL_CreateSemaphore(0);
    SDL_DetachThread(SDL_CreateThread(watch, "watch", NULL));

    tr_event told = {0};
    SDL_Event event;
    bool goes_on = true;
    while (goes_on && SDL_WaitEvent(&event)) {
        if (event.type == SDL_USEREVENT) {
            goes_on = fetch(&told);
            SDL_SemPost(fetched);
        } else {
            goes_on = act(&event);
        }
    }
    if (device) SDL_CloseAudioDevice(device);
    tr_event_release(&told);
    tr_client_close(client);
    tr_client_destroy(client);
    SDL_Quit();
    return 0;
}
