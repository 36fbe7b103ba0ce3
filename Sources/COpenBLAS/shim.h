// The system's OpenBLAS (Debian: libopenblas-dev).
#include <cblas.h>

// Of its LAPACK, for which Debian ships no header, what is called: solves A X = B for symmetric positive definite A by
// Cholesky's factors. Column by column; A and B are overwritten, and info is 0 where it could be solved.
void dposv_(
    const char *uplo, const blasint *n, const blasint *nrhs, double *a, const blasint *lda, double *b,
    const blasint *ldb, blasint *info);
