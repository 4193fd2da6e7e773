/*-------------------------------------------------------------------------
 *
 * model_test.h
 *	  What the tests of purchase models share: rows of files, derivatives by
 *	  differences, random parameters and observations.
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

/*
 * Every prediction is a number within its range, for parameters over all they
 * may be and observations however extreme.
 */
static inline void
check_extremes(const ClvFamily *family, int rounds)
{
	uint64_t	state = 7;
	int			bad = 0;

	for (int i = 0; i < rounds; i++)
	{
		/* mostly what a search may meet, every fourth whatever the type allows */
		double		edge = (i % 4 == 0) ? 100 : 7;
		double		p[CLV_MAX_PARAMETERS];
		ClvObservation o = {.weight = 1};
		double		t = test_log_uniform(&state, pow(10, -edge), pow(10, edge));
		double		n = floor(test_log_uniform(&state, 0.5, 1e5));
		double		rate = test_log_uniform(&state, 1e-9, 10);
		double		value[8] = {0};
		int			values = 0;
		bool		good = true;

		for (int j = 0; j < family->parameter_count; j++)
		{
			p[j] = test_log_uniform(&state, pow(10, -edge), pow(10, edge));
			if (test_uniform(&state) < 0.05)
				p[j] = family->parameter[j].lower;
			if (test_uniform(&state) < 0.05)
				p[j] = 1;
		}
		if (family->kind == CLV_TRANSACTIONS)
		{
			o.age = (test_uniform(&state) < 0.05) ? 0 : test_log_uniform(&state, pow(10, -edge), pow(10, edge));
			o.x = (test_uniform(&state) < 0.2 || o.age == 0) ? 0 : floor(test_log_uniform(&state, 1, 1e5));
			if (o.x > 0)
				o.t_x = (test_uniform(&state) < 0.2) ? o.age : o.age * test_log_uniform(&state, 1e-6, 1);
			if (o.t_x == 0)
				o.x = 0;
		}
		else if (family->kind == CLV_DISCRETE_TRANSACTIONS)
		{
			t = floor(fmin(t, 1e6));
			o.age = floor(test_log_uniform(&state, 0.5, 3000));
			o.t_x = (test_uniform(&state) < 0.2) ? o.age : floor(o.age * test_uniform(&state));
			o.x = (o.t_x > 0) ? 1 + floor((o.t_x - 1) * test_uniform(&state)) : 0;
		}
		else
		{
			t = floor(t);
			o.t_x = (test_uniform(&state) < 0.2) ? 0 : floor(test_log_uniform(&state, 1, 1e4));
			o.age = (test_uniform(&state) < 0.3) ? o.t_x : o.t_x + floor(test_log_uniform(&state, 1, 100));
		}
		if (clv_parameters_check(family, p, NULL) != CLV_OK || clv_observation_check(family, &o) != CLV_OK)
		{
			i--;
			continue;
		}
		value[values++] = family->log_likelihood(p, &o, 1, NULL, NULL, NULL);
		good = isfinite(value[0]) || value[0] == -INFINITY;
		if (family->p_alive)
		{
			value[values++] = family->p_alive(p, &o, 0);
			good = good && value[1] >= 0 && value[1] <= 1 + 1e-12;
			value[values++] = family->expected_orders(p, &o, t);
			good = good && value[2] >= 0 && isfinite(value[2]);
			value[values++] = family->expected_orders_new(p, t);
			good = good && value[3] >= 0 && isfinite(value[3]);
			value[values++] = family->dert(p, &o, rate);
			good = good && value[4] >= 0 && isfinite(value[4]);
			value[values++] = family->order_probability(p, &o, t, n);
			good = good && value[5] >= 0 && value[5] <= 1;
			value[values++] = family->order_probability_new(p, t, n);
			good = good && value[6] >= 0 && value[6] <= 1;
			value[values++] = family->order_probability_new(p, t, 0);
			good = good && value[7] >= 0 && value[7] <= 1;
		}
		else
		{
			value[values++] = family->survival(p, t);
			good = good && value[1] >= 0 && value[1] <= 1;
			value[values++] = family->retention_rate(p, t + 1);
			good = good && value[2] >= 0 && value[2] <= 1;
		}
		if (!good && bad++ < 20)
		{
			diag("%g %g %g %g; x %g t_x %g age %g; t %g n %g rate %g:", p[0], p[1], p[2], p[3], o.x, o.t_x, o.age, t, n, rate);
			diag("%g %g %g %g %g %g %g %g", value[0], value[1], value[2], value[3], value[4], value[5], value[6], value[7]);
		}
	}
	is_int(bad, 0, "%s: finite and in range for %d random models and customers", family->name, rounds);
}

#endif							/* CLV_MODEL_TEST_H */
