/*-------------------------------------------------------------------------
 *
 * linalg.h
 *	  Symmetric matrices of a handful of rows.
 *
 * Matrices are n by n, by rows, without gaps.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_LINALG_H
#define CLV_LINALG_H

#include <stdbool.h>

#define CLV_LINALG_MAX 8

/*
 * Eigenvalues, ascending, and orthonormal eigenvectors: column j of vectors
 * belongs to values[j].  Cyclic Jacobi rotations: small eigenvalues keep their
 * digits as far as the matrix has them.  n <= CLV_LINALG_MAX.
 */
extern void clv_symmetric_eigen(int n, const double *matrix, double *values, double *vectors);

/*
 * Inverse of a positive definite matrix after scaling its diagonal to 1;
 * false, with nothing written, if it is not positive definite by more than
 * rounding.  *condition (may be NULL) is the smallest eigenvalue of the scaled
 * matrix.
 */
extern bool clv_symmetric_inverse(int n, const double *matrix, double *inverse, double *condition);

#endif							/* CLV_LINALG_H */
