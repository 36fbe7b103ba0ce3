// libcurl, loaded when it is first used. Foundation's networking needs it, and with it some twenty libraries that few
// nodes of a cluster have, and none needs that fetches nothing and asks no server. `make dist` links this in its place.

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *named(const char *name) {
  static void *library;
  if (!library) library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_GLOBAL);
  if (!library) library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_GLOBAL);
  void *function = library ? dlsym(library, name) : NULL;
  if (function) return function;
  fprintf(stderr, "%s: this needs libcurl.so.4, which this host lacks; install libcurl4, or do it on another host\n", name);
  exit(66);
}

// Every argument is an integer or a pointer, and stands in a register of its own, whatever its type.
typedef long (*function)(long, long, long, long);

#define CURL(name) \
  long name(long a, long b, long c, long d) { \
    static function known; \
    if (!known) known = (function)named(#name); \
    return known(a, b, c, d); \
  }

// These have a last argument of any type, as functions with `...` do.
#define CURL_VARIADIC(name) \
  int name(void *handle, int option, ...) { \
    static int (*known)(void *, int, ...); \
    if (!known) known = (int (*)(void *, int, ...))named(#name); \
    va_list arguments; \
    va_start(arguments, option); \
    void *value = va_arg(arguments, void *); \
    va_end(arguments); \
    return known(handle, option, value); \
  }

CURL_VARIADIC(curl_easy_setopt)
CURL_VARIADIC(curl_easy_getinfo)
CURL_VARIADIC(curl_multi_setopt)
CURL(curl_easy_cleanup)
CURL(curl_easy_init)
CURL(curl_easy_pause)
CURL(curl_easy_strerror)
CURL(curl_free)
CURL(curl_global_init)
CURL(curl_multi_add_handle)
CURL(curl_multi_assign)
CURL(curl_multi_cleanup)
CURL(curl_multi_info_read)
CURL(curl_multi_init)
CURL(curl_multi_remove_handle)
CURL(curl_multi_socket_action)
CURL(curl_slist_append)
CURL(curl_slist_free_all)
CURL(curl_url)
CURL(curl_url_get)
CURL(curl_url_set)
CURL(curl_version)
CURL(curl_version_info)
