/*-------------------------------------------------------------------------
 *
 * linalg.c
 *	  Symmetric matrices of a handful of rows.
 *
 *-------------------------------------------------------------------------
 */
#include "math/linalg.h"

#include <float.h>
#include <math.h>

#define SWEEPS 60

/* Turns the plane of p and q so that a[p][q] becomes 0, the vectors with it. */
static inline void
rotate(int n, int p, int q, double *a, double *vectors)
{
	double		off = a[p * n + q];
	double		tau = (a[q * n + q] - a[p * n + p]) / (2 * off);
	double		t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
	double		c = 1 / sqrt(1 + t * t);
	double		s = t * c;

	a[p * n + p] -= t * off;
	a[q * n + q] += t * off;
	a[p * n + q] = a[q * n + p] = 0;
	for (int i = 0; i < n; i++)
	{
		double		vp = vectors[i * n + p];
		double		vq = vectors[i * n + q];

		vectors[i * n + p] = c * vp - s * vq;
		vectors[i * n + q] = s * vp + c * vq;
		if (i != p && i != q)
		{
			double		ap = a[i * n + p];
			double		aq = a[i * n + q];

			a[i * n + p] = a[p * n + i] = c * ap - s * aq;
			a[i * n + q] = a[q * n + i] = s * ap + c * aq;
		}
	}
}

static inline void
swap(double *a, double *b)
{
	double		kept = *a;

	*a = *b;
	*b = kept;
}

/* Jacobi's method. */
void
clv_symmetric_eigen(int n, const double *matrix, double *values, double *vectors)
{
	double		a[CLV_LINALG_MAX * CLV_LINALG_MAX];
	bool		rotated = true;

	for (int i = 0; i < n * n; i++)
	{
		a[i] = matrix[i];
		vectors[i] = i % (n + 1) == 0 ? 1 : 0;
	}

	for (int sweep = 0; sweep < SWEEPS && rotated; sweep++)
	{
		rotated = false;
		for (int p = 0; p < n - 1; p++)
		{
			for (int q = p + 1; q < n; q++)
			{
				double		off = a[p * n + q];

				/* Relative to both diagonals, so that graded matrices keep small values. */
				if (off == 0 ||
					fabs(off) <= DBL_EPSILON / 4 * sqrt(fabs(a[p * n + p])) * sqrt(fabs(a[q * n + q])))
					continue;
				rotate(n, p, q, a, vectors);
				rotated = true;
			}
		}
	}

	for (int i = 0; i < n; i++)
		values[i] = a[i * n + i];

	/* Few enough to sort by selection. */
	for (int i = 0; i < n - 1; i++)
	{
		int			least = i;

		for (int j = i + 1; j < n; j++)
		{
			if (values[j] < values[least])
				least = j;
		}
		if (least != i)
		{
			swap(&values[i], &values[least]);
			for (int k = 0; k < n; k++)
				swap(&vectors[k * n + i], &vectors[k * n + least]);
		}
	}
}

bool
clv_symmetric_inverse(int n, const double *matrix, double *inverse, double *condition)
{
	double		scale[CLV_LINALG_MAX];
	double		scaled[CLV_LINALG_MAX * CLV_LINALG_MAX] = {0};
	double		values[CLV_LINALG_MAX];
	double		vectors[CLV_LINALG_MAX * CLV_LINALG_MAX];

	if (n < 1 || n > CLV_LINALG_MAX)
		return false;
	for (int i = 0; i < n; i++)
	{
		if (!(matrix[i * n + i] > 0) || !isfinite(matrix[i * n + i]))
			return false;
		scale[i] = sqrt(matrix[i * n + i]);
	}
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < n; j++)
		{
			scaled[i * n + j] = i == j ? 1 : matrix[i * n + j] / scale[i] / scale[j];
			if (!isfinite(scaled[i * n + j]))
				return false;
		}
	}
	clv_symmetric_eigen(n, scaled, values, vectors);
	if (condition)
		*condition = values[0];
	if (!(values[0] > n * 8 * DBL_EPSILON))
		return false;
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < n; j++)
		{
			double		sum = 0;

			for (int k = 0; k < n; k++)
				sum += vectors[i * n + k] * vectors[j * n + k] / values[k];
			inverse[i * n + j] = sum / scale[i] / scale[j];
		}
	}
	return true;
}
