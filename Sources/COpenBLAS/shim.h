// The system's OpenBLAS (Debian: libopenblas-dev).
#include <cblas.h>
