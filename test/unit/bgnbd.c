/*-------------------------------------------------------------------------
 *
 * bgnbd.c
 *	  The families of bg.h: values, derivatives, and what must hold between them.
 *
 * Values are compared with arbitrary precision: grid_transactions.csv,
 * cdnow_individual.csv and bgnbd_pmf.csv; derivatives with differences.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "math/counts.h"
#include "math/random.h"
#include "model/family.h"
#include "model/predict.h"

static ClvModel
model_of(const ClvFamily *family, const double *parameters)
{
	ClvModel	model;

	if (clv_model_from_parameters(family, parameters, 0, &model, NULL) != CLV_OK)
	{
		printf("Bail out! parameters of %s\n", family->name);
		exit(1);
	}
	return model;
}

/*
 * A double cannot say more than this: the exponent of P(alive) has an error of
 * its own size times 1e-16 or so, and P(alive) below 1e-308 is 0.
 */
static bool
within(double got, const char *want_text, double tolerance)
{
	double		want = strtod(want_text, NULL);

	if (want == 0)
		return fabs(got) < 1e-15;
	if (fabs(want) < 1e-300)
		return fabs(got) < 1e-300;
	return fabs(got - want) <= tolerance * fabs(want);
}

static int	rows_checked = 0;
static double worst = 0;

static void
compare(const char *what, const char *id, double got, const char *want)
{
	double		exact = strtod(want, NULL);
	double		error = fabs(exact) < 1e-300 ? 0 : fabs(got / exact - 1);

	rows_checked++;
	if (error > worst)
		worst = error;
	if (!isfinite(got) || !within(got, want, 1e-10))
		ok(false, "row %s: %s is %.17g, want %s, relative error %.2g", id, what, got, want, error);
}

static int
split(char *line, char **field, int most)
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

static void
grid(const char *name, const ClvFamily *family)
{
	FILE	   *file = open_reference("grid_transactions.csv");
	char		line[1024];
	char	   *field[20];
	int			rows = 0;

	if (file == NULL)
		return;
	rows_checked = 0;
	worst = 0;
	while (fgets(line, sizeof(line), file))
	{
		double		p[4];
		ClvModel	model;
		ClvObservation o = {.weight = 1};
		double		t;
		double		got = NAN;

		if (split(line, field, 20) < 17 || strcmp(field[1], name) != 0)
			continue;
		rows++;
		for (int i = 0; i < 4; i++)
			p[i] = strtod(field[3 + i], NULL);
		model = model_of(family, p);
		o.x = strtod(field[7], NULL);
		o.t_x = strtod(field[8], NULL);
		o.age = strtod(field[9], NULL);
		t = strtod(field[10], NULL);
		clv_model_log_likelihood(&model, &o, &got);
		compare("log-likelihood", field[0], got, field[11]);
		clv_model_p_alive(&model, &o, 0, &got);
		compare("P(alive)", field[0], got, field[12]);
		clv_model_expected_orders(&model, &o, 0, t, &got);
		compare("expected orders", field[0], got, field[13]);
		clv_model_expected_orders_new(&model, t, &got);
		compare("expected orders of a new customer", field[0], got, field[14]);
	}
	fclose(file);
	ok(rows > 60, "%s: %d rows of the grid, %d numbers, worst relative error %.2g", name, rows, rows_checked, worst);
}

static void
individuals(const char *name, const ClvFamily *family, const double *p)
{
	FILE	   *file = open_reference("cdnow_individual.csv");
	ClvModel	model = model_of(family, p);
	char		line[1024];
	char	   *field[20];
	int			rows = 0;

	if (file == NULL)
		return;
	rows_checked = 0;
	worst = 0;
	while (fgets(line, sizeof(line), file))
	{
		ClvObservation o = {.weight = 1};
		double		got = NAN;
		double		sum = 0;
		double		before = 0;

		if (split(line, field, 20) < 15 || strcmp(field[1], name) != 0)
			continue;
		rows++;
		o.x = strtod(field[2], NULL);
		o.t_x = strtod(field[3], NULL);
		o.age = strtod(field[4], NULL);
		clv_model_log_likelihood(&model, &o, &got);
		compare("log-likelihood", field[0], got, field[6]);
		clv_model_p_alive(&model, &o, 0, &got);
		compare("P(alive)", field[0], got, field[7]);
		clv_model_expected_orders(&model, &o, 0, 39, &got);
		compare("orders in 39 weeks", field[0], got, field[8]);
		clv_model_expected_orders(&model, &o, 0, 52, &got);
		compare("orders in 52 weeks", field[0], got, field[9]);
		clv_model_dert(&model, &o, 0.0027, INFINITY, &got, NULL);
		compare("dert", field[0], got, field[10]);
		for (int i = 1; i <= 12; i++)
		{
			double		now = 0;

			clv_model_expected_orders(&model, &o, 0, 4.345 * i, &now);
			sum += (now - before) / pow(1.01, i);
			before = now;
		}
		compare("12 discounted months", field[0], sum, field[13]);
	}
	fclose(file);
	ok(rows > 15, "%s: %d customers, worst relative error %.2g", name, rows, worst);
}

static void
probabilities(void)
{
	FILE	   *file = open_reference("bgnbd_pmf.csv");
	char		line[1024];
	char	   *field[8];
	int			rows = 0;

	if (file == NULL)
		return;
	worst = 0;
	while (fgets(line, sizeof(line), file))
	{
		double		p[4];
		ClvModel	model;
		double		got = NAN;

		if (split(line, field, 8) < 7 || field[0][0] == 'r')
			continue;
		rows++;
		for (int i = 0; i < 4; i++)
			p[i] = strtod(field[i], NULL);
		model = model_of(&clv_family_bgnbd, p);
		clv_model_order_probability_new(&model, strtod(field[4], NULL), strtod(field[5], NULL), &got);
		compare("probability", field[5], got, field[6]);
	}
	fclose(file);
	ok(rows > 60, "P(X(t) = n): %d rows, worst relative error %.2g", rows, worst);
}

/* What must hold between the predictions of one customer, in any family. */
static void
identities(const ClvFamily *family, const double *p, const char *label)
{
	static const ClvObservation customers[] = {
		{0, 0, 38, 0, 1}, {1, 3, 38, 1.0986, 1}, {4, 30, 38, 7.1, 1}, {12, 38, 38, 10, 1}
	};
	ClvModel	model = model_of(family, p);

	for (int c = 0; c < 4; c++)
	{
		const ClvObservation *o = &customers[c];
		double		t = 20;
		double		total = 0;
		double		mean = 0;
		double		value = 0;
		double		expected = 0;
		double		part = 0;
		double		alive,
					alive_later,
					limit;

		for (int n = 0; n < 400; n++)
		{
			clv_model_order_probability(&model, o, t, n, &value);
			total += value;
			mean += n * value;
		}
		clv_model_expected_orders(&model, o, 0, t, &expected);
		close_abs(total, 1, 1e-12, "%s, customer %d: probabilities sum to 1", label, c);
		close_rel(mean, expected, 1e-10, "%s, customer %d: expected orders are the mean of the counts", label, c);

		clv_model_p_alive(&model, o, 0, &alive);
		clv_model_p_alive(&model, o, t, &alive_later);
		ok(alive_later <= alive && alive_later > 0, "%s, customer %d: P(alive) falls", label, c);

		/* orders in (5, 20] and (0, 5] make those in (0, 20] */
		clv_model_expected_orders(&model, o, 5, t, &value);
		clv_model_expected_orders(&model, o, 0, 5, &part);
		close_rel(value + part, expected, 1e-12, "%s, customer %d: intervals add", label, c);

		/* dert falls to expected orders as the rate vanishes, and grows with the horizon */
		clv_model_dert(&model, o, 1e-9, t, &value, NULL);
		close_rel(value, expected, 1e-7, "%s, customer %d: dert without discount", label, c);
		clv_model_dert(&model, o, 0.01, 1e5, &value, NULL);
		clv_model_dert(&model, o, 0.01, INFINITY, &limit, NULL);
		close_rel(value, limit, 1e-8, "%s, customer %d: dert of a long horizon", label, c);

		clv_model_next_order(&model, o, alive / 2, &value);
		if (isfinite(value))
		{
			clv_model_order_probability(&model, o, value, 0, &part);
			close_rel(1 - part, alive / 2, 1e-9, "%s, customer %d: time of the next order", label, c);
		}
	}
}

static void
derivatives(const ClvFamily *family, const double *p, const char *label)
{
	static const ClvObservation data[] = {
		{0, 0, 38, 0, 3}, {1, 3, 38, 1.0986, 2}, {1, 38, 38, 3.64, 1}, {4, 30, 38, 7.1, 1.5}, {12, 20, 38, 5, 1},
		{60, 37, 38, -20, 1}
	};
	int			n = sizeof(data) / sizeof(data[0]);
	int			m = family->parameter_count;
	double		gradient[CLV_MAX_PARAMETERS];
	double		hessian[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	double		place[CLV_MAX_PARAMETERS];
	double		worst_gradient = 0;
	double		worst_hessian = 0;

	family->log_likelihood(p, data, n, gradient, hessian, NULL);
	for (int i = 0; i < m; i++)
	{
		double		up[CLV_MAX_PARAMETERS];
		double		down[CLV_MAX_PARAMETERS];
		double		h = 1e-4 * p[i];
		double		difference;

		if (family->parameter[i].whole)
			continue;
		memcpy(place, p, sizeof(double) * m);
		place[i] = p[i] + h;
		difference = family->log_likelihood(place, data, n, up, NULL, NULL);
		place[i] = p[i] - h;
		difference -= family->log_likelihood(place, data, n, down, NULL, NULL);
		difference /= 2 * h;
		worst_gradient = fmax(worst_gradient, fabs(difference - gradient[i]) * p[i] / (1 + fabs(gradient[i] * p[i])));
		for (int j = 0; j < m; j++)
		{
			double		second = (up[j] - down[j]) / (2 * h);

			if (!family->parameter[j].whole)
				worst_hessian = fmax(worst_hessian, fabs(second - hessian[i * m + j]) * p[i] * p[j] /
									 (1 + fabs(hessian[i * m + j] * p[i] * p[j])));
		}
	}
	/* central differences with a step of 1e-4: their own error is 1e-8 or so */
	ok(worst_gradient < 1e-6, "%s: gradient, worst %.2g", label, worst_gradient);
	ok(worst_hessian < 1e-6, "%s: second derivatives, worst %.2g", label, worst_hessian);
}

/* Without drop-out orders are counted, with hardly any they are summed: both are the same. */
static void
lasting(void)
{
	static const double none[] = {3, 0.8, 9, 0, 2};
	static const double hardly[] = {3, 0.8, 9, 1e-30, 2};
	static const double slow[] = {2, 1, 1e100, 0.5, 2};
	static const ClvObservation o = {2, 20, 38, 5.1, 1};
	double		off = 0;

	for (double t = 1; t < 200; t *= 1.3)
		off = fmax(off, fabs(clv_family_bgcnbd.expected_orders(none, &o, t) /
								 clv_family_bgcnbd.expected_orders(hardly, &o, t) - 1));
	ok(off < 1e-9, "bg/cnbd-3: orders of those who stay, counted and summed (off by %.1g)", off);
	ok(clv_family_bgcnbd.expected_orders(slow, &o, 1e-300) < 1e-300, "a time that vanishes beside the scale brings no orders");
	ok(clv_family_bgcnbd.p_alive(slow, &o, 1e-300) == clv_family_bgcnbd.p_alive(slow, &o, 0), "and nobody leaves in it");
}

/* Many phases and rare events: values of the sum over phases of integrals over the rate, by mpmath with 30 digits. */
static void
many_phases(void)
{
	static const struct
	{
		double		r, alpha, age, rate, dert;
	}			row[] = {
		{0.00065201851590329163, 16.5, 0.0018, 0.00058, 0.00029352796990538265487},
		{0.25, 0.03, 0, 0.07, 0.97001885980726307345},
		{12.5, 1, 17000, 1.5, 0.00048969669355684822826},
	};

	for (int i = 0; i < 3; i++)
	{
		double		p[] = {100, row[i].r, row[i].alpha, 0, 1};
		ClvModel	model = model_of(&clv_family_bgcnbd, p);
		ClvObservation o = {0, 0, row[i].age, 0, 1};
		double		value = 0;

		clv_model_dert(&model, &o, row[i].rate, INFINITY, &value, NULL);
		close_rel(value, row[i].dert, 1e-13, "DERT of 100 phases, %d", i);
		clv_model_dert(&model, &o, row[i].rate, 60 / row[i].rate, &value, NULL);
		close_rel(value, row[i].dert, 1e-12, "and within a long horizon");
	}
	for (double tau = 50; tau < 1e9; tau *= 7)
	{
		/* r times the sum of z^i / i from n on, for tiny r */
		double		z = tau / (1 + tau);
		double		tail = log1p(tau);

		for (int i = 1; i < 40; i++)
			tail -= pow(z, i) / i;
		close_rel(clv_count_tail(40, 1e-100, tau) * 1e100, tail, 1e-12, "P(40 events or more) where they are rare, tau %g", tau);
	}
}

/*
 * Sums whose terms pass 1e200 on the way are scaled down: nothing bends where
 * (1 + tau)^events, what the terms add up to, passes it with the horizon.
 */
static void
scaled_sums(void)
{
	static const struct
	{
		const ClvFamily *family;
		double		p[5];
		double		x;
	}			cases[] = {
		{&clv_family_bgnbd, {1, 100, 0.9, 30}, 499},
		{&clv_family_bgcnbd, {3, 1, 100, 0.9, 30}, 166},
	};

	for (int c = 0; c < 2; c++)
	{
		double		events = c == 0 ? 500 : 499;
		ClvObservation o = {cases[c].x, 900, 900, 0, 1};
		double		bend = 0;
		double		value[3];

		for (int i = 0; i < 200; i++)
		{
			double		size = 455 + 0.06 * i;

			for (int j = 0; j < 3; j++)
				value[j] = cases[c].family->expected_orders(cases[c].p, &o, 1000 * expm1((size + 0.01 * j) / events));
			bend = fmax(bend, fabs(value[0] - 2 * value[1] + value[2]) / value[1]);
		}
		ok(bend < 1e-9, "%s: orders do not bend where sums are scaled, by %.1g", cases[c].family->name, bend);
	}
}

/*
 * A thousand observations and more are read with the logarithms of times kept:
 * they say what they say in parts of fewer, also where each time is another one
 * and kept ones make room.
 */
static void
many_observations(const ClvFamily *family, const double *p, const char *name)
{
	static ClvObservation all[20000];
	const int	n = 20000;
	ClvRandom	random;
	double		whole[21];
	double		parts[21] = {0};
	double		off = 0;

	clv_random_init(&random, 7, 7);
	for (int i = 0; i < n; i++)
	{
		double		age = 50 * clv_random_uniform(&random);

		all[i] = (ClvObservation) {.x = i / (n / 4), .age = age, .weight = 1 + i % 2};
		if (all[i].x > 0)
			all[i].t_x = age * clv_random_uniform(&random);
	}
	whole[0] = family->log_likelihood(p, all, n, &whole[1], &whole[5], NULL);
	for (int i = 0; i < n; i += 500)
	{
		double		part[21];

		part[0] = family->log_likelihood(p, &all[i], 500, &part[1], &part[5], NULL);
		for (int j = 0; j < 21; j++)
			parts[j] += part[j];
	}
	for (int j = 0; j < 21; j++)
		off = fmax(off, fabs(whole[j] / parts[j] - 1));
	ok(off < 1e-11, "%s: many observations add up as few do (off by %.1g)", name, off);
}

int
main(void)
{
	static const double bgnbd[] = {0.24259452243015708, 4.4136020190135038, 0.79292201722559759, 2.4259067768263321};
	static const double mbgnbd[] = {0.52484315910629759, 6.1830852795760050, 0.89135939073221585, 1.6140022401703439};
	static const double even[] = {1.5, 20, 2, 7};
	static const double cnbd1[] = {1, 0.52484315910629759, 6.1830852795760050, 0.89135939073221585, 1.6140022401703439};
	static const double cnbd3[] = {3, 0.8, 5, 0.7, 1.9};
	static const double cnbd100[] = {100, 900, 3, 0.9, 2.5};
	static const double nbd[] = {0.38476613576878486, 12.072022844836905};

	grid("bgnbd", &clv_family_bgnbd);
	grid("mbgnbd", &clv_family_mbgnbd);
	individuals("bgnbd", &clv_family_bgnbd, bgnbd);
	individuals("mbgnbd", &clv_family_mbgnbd, mbgnbd);
	probabilities();

	derivatives(&clv_family_bgnbd, bgnbd, "bg/nbd");
	derivatives(&clv_family_bgnbd, even, "bg/nbd, even");
	derivatives(&clv_family_mbgnbd, mbgnbd, "mbg/nbd");
	derivatives(&clv_family_nbd, nbd, "nbd");
	derivatives(&clv_family_bgcnbd, cnbd3, "bg/cnbd-3");
	derivatives(&clv_family_mbgcnbd, cnbd1, "mbg/cnbd-1");
	derivatives(&clv_family_mbgcnbd, cnbd3, "mbg/cnbd-3");

	derivatives(&clv_family_mbgcnbd, cnbd100, "mbg/cnbd-100");
	lasting();

	identities(&clv_family_bgnbd, bgnbd, "bg/nbd");
	identities(&clv_family_mbgnbd, mbgnbd, "mbg/nbd");
	identities(&clv_family_bgnbd, even, "bg/nbd, even");
	identities(&clv_family_nbd, nbd, "nbd");
	identities(&clv_family_bgcnbd, cnbd3, "bg/cnbd-3");
	identities(&clv_family_mbgcnbd, cnbd3, "mbg/cnbd-3");
	many_phases();
	scaled_sums();
	many_observations(&clv_family_bgnbd, bgnbd, "bg/nbd");
	many_observations(&clv_family_mbgnbd, mbgnbd, "mbg/nbd");
	return done_testing();
}
