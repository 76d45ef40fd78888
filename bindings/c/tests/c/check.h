/* What the test programs say when something is not as it should be. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tightrope.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, tr_error_message());                    \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define OK(call) CHECK((call) == TR_OK)

/* The call fails with this code, and its message has these words. */
#define FAILS(call, code, words)                                                                                       \
    do {                                                                                                               \
        CHECK((call) == (code));                                                                                       \
        CHECK(strstr(tr_error_message(), (words)) != NULL);                                                            \
    } while (0)

#endif
