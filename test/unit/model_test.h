/*-------------------------------------------------------------------------
 *
 * model_test.h
 *	  What the tests of purchase models share: rows of files, derivatives by
 *	  differences, random parameters, observations in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_MODEL_TEST_H
#define CLV_MODEL_TEST_H

#include "tap.h"

#include "model/family.h"

/* A file beside the generators in test/reference. */
static inline FILE *
open_own_reference(const char *test_file, const char *name)
{
	char		path[4096];
	const char *slash = strrchr(test_file, '/');

	snprintf(path, sizeof(path), "%.*s/../reference/%s",
			 slash ? (int) (slash - test_file) : 1, slash ? test_file : ".", name);
	return fopen(path, "r");
}

/* Cuts a line of CSV in place; answers the number of fields. */
static inline int
split_line(char *line, char **field, int most)
{
	int			n = 0;
	bool		quoted = false;

	line[strcspn(line, "\r\n")] = '\0';
	field[n++] = line;
	for (char *c = line; *c && n < most; c++)
	{
		if (*c == '"')
			quoted = !quoted;
		else if (*c == ',' && !quoted)
		{
			*c = '\0';
			field[n++] = c + 1;
		}
	}
	return n;
}

static inline double
number(const char *field)
{
	return (*field) ? strtod(field, NULL) : 0;
}

/* Largest relative errors of a kind of value, shown at the end. */
typedef struct Worst
{
	const char *what;
	double		error;
	int			rows;
	char		at[64];
} Worst;

/*
 * Below 1e-300 a double has no digits left: 0 is right there.  A value of 0 is
 * compared absolutely.
 */
static inline void
compare_value(Worst *worst, const char *id, double got, const char *want_text, double allowed)
{
	double		want = strtod(want_text, NULL);
	double		error;

	if (want == 0 || fabs(want) < 1e-300)
		error = fabs(got) < 1e-15 ? 0 : INFINITY;
	else
		error = fabs(got - want) / fabs(want);
	worst->rows++;
	if (!(error <= worst->error))
	{
		worst->error = error;
		snprintf(worst->at, sizeof(worst->at), "%s", id);
	}
	if (!(error <= allowed))
		ok(false, "row %s: %s is %.17g, want %s, relative error %.2g", id, worst->what, got, want_text, error);
}

static inline void
show_worst(const Worst *worst, double allowed)
{
	ok(worst->rows > 0, "%s: %d rows, worst %.2g (row %s), allowed %.2g", worst->what, worst->rows, worst->error, worst->at, allowed);
}

/* A small generator for test data only. */
static inline double
test_uniform(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double) (*state >> 11) / 9007199254740992.0;
}

static inline double
test_log_uniform(uint64_t *state, double low, double high)
{
	return exp(log(low) + test_uniform(state) * log(high / low));
}

/* In the order in which a fit wants them. */
static inline int
compare_observations(const void *left, const void *right)
{
	const ClvObservation *a = left;
	const ClvObservation *b = right;

	if (a->x != b->x)
		return a->x < b->x ? -1 : 1;
	if (a->t_x != b->t_x)
		return a->t_x < b->t_x ? -1 : 1;
	if (a->age != b->age)
		return a->age < b->age ? -1 : 1;
	return a->extra < b->extra ? -1 : a->extra > b->extra;
}

static inline void
sort_observations(ClvObservation *data, size_t count)
{
	qsort(data, count, sizeof(ClvObservation), compare_observations);
}

/* Sorts and joins equal ones, as the server does; answers how many differ. */
static inline size_t
join_observations(ClvObservation *data, size_t count)
{
	size_t		kept = 0;

	sort_observations(data, count);
	for (size_t i = 0; i < count; i++)
	{
		if (kept > 0 && compare_observations(&data[kept - 1], &data[i]) == 0)
			data[kept - 1].weight += data[i].weight;
		else
			data[kept++] = data[i];
	}
	return kept;
}

/*
 * Analytic derivatives against differences of the function and of the analytic
 * gradient, over the parameters' own scale.  A central difference over 1e-5 of
 * the parameter loses 1e-10 to curvature and eps / 1e-5 of the value to rounding.
 */
static inline void
check_derivatives(const ClvFamily *family, const double *parameters, const ClvObservation *o,
				  double *worst_gradient, double *worst_hessian)
{
	int			n = family->parameter_count;
	double		gradient[CLV_MAX_PARAMETERS];
	double		hessian[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	double		value = family->log_likelihood(parameters, o, 1, gradient, hessian, NULL);
	double		alone[CLV_MAX_PARAMETERS];

	family->log_likelihood(parameters, o, 1, alone, NULL, NULL);
	for (int i = 0; i < n; i++)
	{
		double		near[CLV_MAX_PARAMETERS];
		double		up[CLV_MAX_PARAMETERS];
		double		down[CLV_MAX_PARAMETERS];
		double		step = parameters[i] * 1e-5;
		double		above,
					below,
					error;

		memcpy(near, parameters, sizeof(double) * n);
		near[i] = parameters[i] + step;
		above = family->log_likelihood(near, o, 1, up, NULL, NULL);
		near[i] = parameters[i] - step;
		below = family->log_likelihood(near, o, 1, down, NULL, NULL);
		error = fabs((above - below) / (2 * step) - gradient[i]) * parameters[i]
			/ (fabs(gradient[i]) * parameters[i] + 1e-3 * fabs(value) + 1e-3);
		if (alone[i] != gradient[i])
			error = INFINITY;	/* must not depend on what else is asked for */
		*worst_gradient = fmax(*worst_gradient, isnan(error) ? INFINITY : error);
		for (int j = 0; j < n; j++)
		{
			double		scale = parameters[i] * parameters[j];

			error = fabs((up[j] - down[j]) / (2 * step) - hessian[i * n + j]) * scale
				/ (fabs(hessian[i * n + j]) * scale + 1e-3 * fabs(gradient[j]) * parameters[j] + 1e-3);
			if (hessian[i * n + j] != hessian[j * n + i])
				error = INFINITY;
			*worst_hessian = fmax(*worst_hessian, isnan(error) ? INFINITY : error);
		}
	}
}

#endif							/* CLV_MODEL_TEST_H */
