// The kernels for any processor, as the compiler makes them for the target's base instruction set. They are there for
// their bits, not for speed: few rows have no code of their own, and loops over columns stay loops.
#define SET portable
#define SET_NAME "portable"
#define TARGET
#define ROWS 4
#define VECTORS 1
#define QUANTIZED_ROWS 2
#define LOOK_UP 0
#include "kernels.inc"
