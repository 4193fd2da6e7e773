/*-------------------------------------------------------------------------
 *
 * bgbb.c
 *	  The BG/BB against arbitrary precision, differences and itself.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include "math/special.h"

#define FAMILY (&clv_family_bgbb)

/* Two orders above the rounding of 2000 factors, 2000 * 1e-16. */
#define ALLOWED 1e-12

static void
check_grid(void)
{
	FILE	   *file = open_reference("grid_transactions.csv");
	Worst		worst[5] = {{"log-likelihood"}, {"P(alive at the next opportunity)"}, {"expected orders"},
	{"expected orders of a new customer"}, {"DERT"}};
	char		line[2048];
	char	   *field[20];

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		ClvObservation o = {.weight = 1};
		double		p[4];
		double		t;

		if (split_line(line, field, 20) < 17 || strcmp(field[1], "bgbb") != 0)
			continue;
		for (int i = 0; i < 4; i++)
			p[i] = number(field[3 + i]);
		o.x = number(field[7]);
		o.t_x = number(field[8]);
		o.age = number(field[9]);
		t = number(field[10]);
		compare_value(&worst[0], field[0], FAMILY->log_likelihood(p, &o, 1, NULL, NULL, NULL), field[11], ALLOWED);
		compare_value(&worst[1], field[0], FAMILY->p_alive(p, &o, 0), field[12], ALLOWED);
		compare_value(&worst[2], field[0], FAMILY->expected_orders(p, &o, t), field[13], ALLOWED);
		compare_value(&worst[3], field[0], FAMILY->expected_orders_new(p, t), field[14], ALLOWED);
		compare_value(&worst[4], field[0], FAMILY->dert(p, &o, number(field[15])), field[16], ALLOWED);
	}
	fclose(file);
	for (int i = 0; i < 5; i++)
		show_worst(&worst[i], ALLOWED);
}

static void
check_individual(void)
{
	/* the maximum on the donations, as in reference_values.json */
	static const double p[4] = {1.2035223516019139, 0.74971635817293889, 0.65671820844183243, 2.7834422325773807};
	FILE	   *file = open_reference("donations_individual.csv");
	Worst		worst[4] = {{"log-likelihood of donors"}, {"P(alive) of them"}, {"their gifts in 5 years"}, {"their DERT"}};
	char		line[2048];
	char	   *field[20];
	double		total = 0;

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		ClvObservation o = {.weight = 1};
		double		gifts;

		if (split_line(line, field, 20) < 10 || strcmp(field[0], "x") == 0)
			continue;
		o.x = number(field[0]);
		o.t_x = number(field[1]);
		o.age = number(field[2]);
		gifts = FAMILY->expected_orders(p, &o, 5);
		compare_value(&worst[0], field[0], FAMILY->log_likelihood(p, &o, 1, NULL, NULL, NULL), field[4], 1e-9);
		compare_value(&worst[1], field[0], FAMILY->p_alive(p, &o, 0), field[6], 1e-9);
		compare_value(&worst[2], field[0], gifts, field[7], 1e-9);
		compare_value(&worst[3], field[0], FAMILY->dert(p, &o, 0.1), field[8], 1e-9);
		total += number(field[3]) * gifts;
	}
	fclose(file);
	for (int i = 0; i < 4; i++)
		show_worst(&worst[i], 1e-9);
	close_rel(total, 12884.156848818623, 1e-9, "expected gifts of all donors");
	close_rel(11104 * FAMILY->order_probability_new(p, 6, 0), 3454.881992, 1e-9, "donors expected to make no gift in 6 years");
	close_rel(11104 * FAMILY->order_probability_new(p, 6, 6), 1253.114323, 1e-9, "donors expected to make 6 gifts in 6 years");
}

static void
check_own_reference(void)
{
	FILE	   *file = open_own_reference(__FILE__, "models.csv");
	Worst		worst[2] = {{"P(n orders), new"}, {"P(n orders), known"}};
	char		line[1024];
	char	   *field[12];

	if (!ok(file != NULL, "models.csv opens"))
		return;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		ClvObservation o = {.weight = 1};
		double		p[4];
		bool		known;

		if (split_line(line, field, 12) < 11 || strncmp(field[0], "bgbb_", 5) != 0)
			continue;
		for (int i = 0; i < 4; i++)
			p[i] = number(field[1 + i]);
		o.x = number(field[5]);
		o.t_x = number(field[6]);
		o.age = number(field[7]);
		known = strcmp(field[0], "bgbb_pmf") == 0;
		compare_value(&worst[known], field[9],
					  known ? FAMILY->order_probability(p, &o, number(field[8]), number(field[9]))
					  : FAMILY->order_probability_new(p, number(field[8]), number(field[9])), field[10], ALLOWED);
	}
	fclose(file);
	for (int i = 0; i < 2; i++)
		show_worst(&worst[i], ALLOWED);
}

static void
check_identities(void)
{
	static const double donors[4] = {1.204, 0.75, 0.657, 2.783};
	uint64_t	state = 5;
	double		gradient = 0,
				hessian = 0;
	int			bad = 0;

	for (int i = 0; i < 1000; i++)
	{
		double		p[4];
		ClvObservation o = {.weight = 1};
		ClvObservation later;
		double		t = floor(test_log_uniform(&state, 1, 100));

		for (int j = 0; j < 4; j++)
			p[j] = test_log_uniform(&state, 0.02, 200);
		if (i % 5 == 0)
			p[2] = test_log_uniform(&state, 1e-5, 1);
		o.age = floor(test_log_uniform(&state, 0.5, 300));
		o.t_x = (i % 4 == 0) ? o.age : floor(o.age * test_uniform(&state));
		o.x = (o.t_x > 0) ? 1 + floor((o.t_x - 1) * test_uniform(&state)) : 0;
		check_derivatives(FAMILY, p, &o, &gradient, &hessian);

		later = o;
		later.age += t;
		if (!(FAMILY->p_alive(p, &later, 0) <= FAMILY->p_alive(p, &o, 0) * (1 + 1e-14)) ||
			!(FAMILY->expected_orders(p, &o, 2 * t) >= FAMILY->expected_orders(p, &o, t) * (1 - 1e-14)) ||
			!(FAMILY->p_alive(p, &o, t) <= FAMILY->p_alive(p, &o, 0) * (1 + 1e-14)) ||
			!(FAMILY->dert(p, &o, 0.02) <= FAMILY->dert(p, &o, 0.01) * (1 + 1e-13)))
			bad++;
	}
	ok(gradient < 1e-6, "gradient equals differences: worst %.2g", gradient);
	ok(hessian < 1e-4, "Hessian equals differences of the gradient: worst %.2g", hessian);
	is_int(bad, 0, "P(alive), expected orders and DERT are monotone");

	{
		/* all histories of 10 opportunities: their probabilities add up to 1 */
		double		sum = 0;

		for (int t_x = 0; t_x <= 10; t_x++)
			for (int x = (t_x > 0); x <= t_x; x++)
			{
				ClvObservation o = {.x = x, .t_x = t_x, .age = 10, .weight = 1};
				double		ways = (x == 0) ? 1 : exp(clv_lchoose(t_x - 1, x - 1));

				sum += ways * exp(FAMILY->log_likelihood(donors, &o, 1, NULL, NULL, NULL));
			}
		close_rel(sum, 1, 1e-13, "the probabilities of all histories add up to 1");
	}
	{
		ClvObservation o = {.x = 2, .t_x = 4, .age = 6, .weight = 1};
		double		sum = 0,
					mean = 0,
					value = 0;

		for (double n = 0; n <= 30; n++)
		{
			double		q = FAMILY->order_probability(donors, &o, 30, n);

			sum += q;
			mean += n * q;
		}
		close_rel(sum, 1, 1e-13, "the probabilities of 0..30 orders add up to 1");
		close_rel(mean, FAMILY->expected_orders(donors, &o, 30), 1e-13, "and their mean is the expected number");
		for (double k = 1; k <= 2000; k++)
			value += (FAMILY->expected_orders(donors, &o, k) - FAMILY->expected_orders(donors, &o, k - 1)) * pow(1.05, -k);
		close_rel(FAMILY->dert(donors, &o, 0.05), value, 1e-12, "DERT is the sum of discounted orders");
		close_rel(FAMILY->dert(donors, &o, 1e-9), FAMILY->expected_orders(donors, &o, 1e9), 0.5, "DERT exists for a tiny rate");
	}
	{
		/* within a horizon: nothing is lost at its end, or next to nothing is discounted, for which there are closed forms */
		static const double shape[] = {0, 1e-6, 0.3, 1, 7.3, 400, 3e4};
		double		worst = 0;

		for (int i = 0; i < 7 * 7; i++)
		{
			double		p[4] = {1.204, 0.75, shape[i / 7], fmax(shape[i % 7], 1e-9)};

			for (double rate = 1e-5; rate < 20; rate *= 3)
				worst = fmax(worst, fabs(FAMILY->dert_within(p, &clv_new_customer, rate, 1e8) / FAMILY->dert(p, &clv_new_customer, rate) - 1));
			for (double horizon = 1; horizon < 1e9; horizon *= 3)
			{
				double		most = FAMILY->expected_orders(p, &clv_new_customer, horizon);

				worst = fmax(worst, fabs(FAMILY->dert_within(p, &clv_new_customer, 1e-30, horizon) / most - 1));
			}
		}
		close_rel(1 + worst, 1, 1e-12, "DERT within a horizon");
		close_rel(FAMILY->dert_within(donors, &clv_new_customer, 1e9, 1), FAMILY->expected_orders_new(donors, 1) / (1 + 1e9), 1e-14,
				  "DERT of one opportunity at any rate");
	}
	{
		/* next to nobody survives the first opportunity */
		static const double p[4] = {1, 2, 7.5e40, 1e28};

		close_rel(FAMILY->dert(p, &clv_new_customer, 0.25), 1e28 / 7.5e40 / 1.25 / 3, 1e-12, "DERT of those who leave at once");
	}
	{
		/* nobody leaves: the beta-binomial */
		static const double p[4] = {1.204, 0.75, 0, 2.783};
		ClvObservation o = {.x = 2, .t_x = 4, .age = 6, .weight = 1};

		close_rel(FAMILY->log_likelihood(p, &o, 1, NULL, NULL, NULL), clv_lbeta_diff(1.204, 0.75, 2, 4), 1e-14, "gamma = 0: likelihood of the beta-binomial");
		close_rel(FAMILY->p_alive(p, &o, 100), 1, 0, "gamma = 0: nobody leaves");
		close_rel(FAMILY->expected_orders(p, &o, 10), 10 * 3.204 / 7.954, 1e-14, "gamma = 0: orders in proportion to opportunities");
		close_rel(FAMILY->dert(p, &o, 0.1), 10 * 3.204 / 7.954, 1e-14, "gamma = 0: DERT is a perpetuity");
	}
	{
		/* P(n of t) beyond the terms that are added one by one joins on smoothly */
		double		before = FAMILY->order_probability_new(donors, 999000, 3);
		double		after = FAMILY->order_probability_new(donors, 1001000, 3);
		double		far = FAMILY->order_probability_new(donors, 1e9, 3);
		double		limit = FAMILY->order_probability_new(donors, 1e80, 3);
		double		worst = 0;

		for (double t = 16380; t < 1e5; t += t < 16396 ? 1 : t)
		{
			/* leaving after i opportunities, then staying: each from the one before */
			const long double alpha = donors[0], beta = donors[1], gamma = donors[2], delta = donors[3];
			const double n = 3;
			long double term = expl(clv_lbeta_diff(donors[0], donors[1], n, 0) + clv_lbeta_diff(donors[2], donors[3], 1, n));
			long double sum = 0;

			for (double i = n; i < t; i++)
			{
				sum += term;
				term *= (i + 1) / (i + 1 - n) * ((beta + i - n) / (alpha + beta + i)) * ((delta + i) / (gamma + delta + i + 1));
			}
			sum += term * (gamma + delta + t) / gamma;
			worst = fmax(worst, fabs(FAMILY->order_probability_new(donors, t, n) / (double) sum - 1));
		}
		close_rel(1 + worst, 1, 1e-11, "P(n orders) as a sum of many terms and as an integral");
		close_rel(after, before, 1e-6, "P(n orders) has no jump where the sum becomes an integral");
		ok(fabs(far - before) < 1e-8 * before && fabs(limit - far) < 1e-8 * limit, "and has a limit: %.15g %.15g %.15g", before, far, limit);
	}
}

/* More opportunities than are summed one by one, against all of them summed. */
static void
check_many_opportunities(void)
{
	static const double p[] = {1.2, 30, 0.6, 900};
	static const double t = 40000;

	for (double n = 0; n <= 12; n += 4)
	{
		double		orders = -lgamma(p[0]) - lgamma(p[1]) + lgamma(p[0] + p[1]);
		double		leaves = -lgamma(p[2]) - lgamma(p[3]) + lgamma(p[2] + p[3]);
		double		sum = 0;

		for (double i = n; i <= t; i++)
		{
			double		used = lgamma(i + 1) - lgamma(n + 1) - lgamma(i - n + 1) + orders +
				lgamma(p[0] + n) + lgamma(p[1] + i - n) - lgamma(p[0] + p[1] + i);

			/* all are over, or he leaves before the next */
			if (i == t)
				sum += exp(used + leaves + lgamma(p[2]) + lgamma(p[3] + t) - lgamma(p[2] + p[3] + t));
			else
				sum += exp(used + leaves + lgamma(p[2] + 1) + lgamma(p[3] + i) - lgamma(p[2] + p[3] + i + 1));
		}
		/* lgamma(40000) is 4e5, of which 1e-16 is lost */
		close_rel(FAMILY->order_probability_new(p, t, n), sum, 1e-8, "P(%g orders at %g opportunities)", n, t);
	}
}

int
main(void)
{
	check_many_opportunities();
	check_grid();
	check_individual();
	check_own_reference();
	check_identities();
	return done_testing();
}
