// The system's OpenBLAS (Debian: libopenblas-dev).
#include <cblas.h>

// Of its LAPACK, for which Debian ships no header, what is called: solves A X = B for symmetric positive definite A by
// Cholesky's factors. Column by column; A and B are overwritten, and info is 0 where it could be solved.
void dposv_(
    const char *uplo, const blasint *n, const blasint *nrhs, double *a, const blasint *lda, double *b,
    const blasint *ldb, blasint *info);

// The eigenvalues w of symmetric A, in ascending order, and the eigenvectors in A's columns. With lwork -1 only the best
// size of work is written to work[0].
void dsyev_(
    const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda, double *w, double *work,
    const blasint *lwork, blasint *info);
