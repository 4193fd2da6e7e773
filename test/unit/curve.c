/*-------------------------------------------------------------------------
 *
 * curve.c
 *	  Discounted orders read off a curve: against arbitrary precision
 *	  (grid_transactions.csv), against what the curve is drawn from, and at
 *	  the ends of its stretches.
 *
 * CLV_ROUNDS sets the number of random models of each family.
 *
 *-------------------------------------------------------------------------
 */
#include "model_test.h"

#include "model/curve.h"
#include "model/predict.h"

static const struct
{
	const char *name;			/* in the grid */
	const ClvFamily *family;
}			families[] = {{"bgnbd", &clv_family_bgnbd}, {"mbgnbd", &clv_family_mbgnbd}, {"pnbd", &clv_family_pareto_nbd}};

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

/* NaN where the curve is not smooth */
static double
read_off(const ClvModel *model, double x, double age, double rate, double horizon)
{
	double		stretch;
	double		position;
	ClvCurve	curve;

	if (!clv_curve_place(model, age, &stretch, &position))
		return NAN;
	if (!(stretch >= 0 && stretch == floor(stretch) && position >= -1.0000001 && position <= 1.0000001))
		ok(false, "%s: age %g lies at %g of stretch %g", model->family->name, age, position, stretch);
	clv_curve_draw(model, x, stretch, rate, horizon, &curve, NULL);
	return curve.smooth ? clv_curve_at(&curve, position) : NAN;
}

static void
grid(const char *name, const ClvFamily *family)
{
	FILE	   *file = open_reference("grid_transactions.csv");
	char		line[1024];
	char	   *field[20];
	Worst		orders = {.what = "expected orders read off"};
	Worst		dert = {.what = "discounted orders read off"};
	int			rows = 0;

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file))
	{
		double		p[4];
		ClvModel	model;
		ClvObservation o = {.weight = 1};
		double		alive = NAN;
		double		got;

		if (split_line(line, field, 20) < 17 || strcmp(field[1], name) != 0)
			continue;
		rows++;
		for (int i = 0; i < 4; i++)
			p[i] = number(field[3 + i]);
		model = model_of(family, p);
		o.x = number(field[7]);
		o.t_x = number(field[8]);
		o.age = number(field[9]);
		clv_model_p_alive(&model, &o, 0, &alive);
		got = read_off(&model, o.x, o.age, 0, number(field[10]));
		if (!isnan(got))
			compare_value(&orders, field[0], alive * got, field[13], 1e-12);
		if (*field[16] == '\0' || *field[15] == '\0')
			continue;
		got = read_off(&model, o.x, o.age, number(field[15]), INFINITY);
		if (!isnan(got))
			compare_value(&dert, field[0], alive * got, field[16], 1e-12);
	}
	fclose(file);
	ok(rows > 60 && orders.rows >= rows - 2, "%s: %d of %d rows of the grid lie on smooth curves", name, orders.rows, rows);
	show_worst(&orders, 1e-12);
	if (dert.rows > 0)
		show_worst(&dert, 1e-12);
}

/* Curves agree with what they are drawn from, and are smooth but for rare exceptions. */
static void
random_models(const ClvFamily *family, int rounds)
{
	uint64_t	state = 20241231;
	int			smooth = 0;
	double		worst = 0;
	char		at[200] = "";

	for (int i = 0; i < rounds; i++)
	{
		double		p[4];
		ClvModel	model;
		ClvObservation o = {.weight = 1};
		double		rate = i % 3 == 0 ? 0 : test_log_uniform(&state, 1e-6, 0.1);
		double		horizon = i % 3 < 2 ? test_log_uniform(&state, 1, 3000) : INFINITY;
		double		direct = NAN;
		double		got;

		for (int j = 0; j < 4; j++)
			p[j] = test_log_uniform(&state, 1e-3, 1e3) * (j == 1 ? 10 : 1);
		model = model_of(family, p);
		o.x = floor(test_log_uniform(&state, 1, 500)) - 1;
		o.age = test_log_uniform(&state, 0.1, 3000);
		o.t_x = o.x > 0 ? o.age / 2 : 0;
		got = read_off(&model, o.x, o.age, rate, horizon);
		if (isnan(got))
			continue;
		smooth++;
		clv_model_dert_if_alive(&model, &o, 1, rate, horizon, &direct, NULL);
		if (!(fabs(got - direct) <= worst * direct))
		{
			worst = fabs(got / direct - 1);
			snprintf(at, sizeof(at), "%g %g %g %g, x %g, age %g, rate %g, horizon %g", p[0], p[1], p[2], p[3], o.x, o.age, rate, horizon);
		}
	}
	ok(smooth >= 0.98 * rounds, "%s: %d of %d random curves are smooth", family->name, smooth, rounds);
	ok(worst <= 1e-12, "%s: worst difference to single values %.2g (%s)", family->name, worst, at);
}

static void
ends(const ClvFamily *family)
{
	static const double parameters[] = {0.5, 10, 0.6, 12};
	ClvModel	model = model_of(family, parameters);
	const double rate = 0.0003;
	ClvCurve	curve;
	double		stretch = -1;
	double		position = 0;
	double		direct = 0;

	/* alpha, the smaller one of the scales, times 2^n - 1 */
	ok(clv_curve_place(&model, 0, &stretch, &position) && stretch == 0 && fabs(position + 1) < 1e-15,
	   "%s: age 0 begins the first stretch", family->name);
	ok(clv_curve_place(&model, 70, &stretch, &position) && stretch == 3 && fabs(position + 1) < 1e-15,
	   "%s: three doublings lie before alpha times 7", family->name);
	for (double age = 10; age < 1e5; age = 2 * age + 10)
		close_rel(read_off(&model, 3, age, rate, INFINITY), read_off(&model, 3, nextafter(age, 0), rate, INFINITY), 1e-13,
				  "%s: no step at age %g", family->name, age);
	for (double size = 1e-300; size <= 1e15; size *= 1e35)
	{
		ClvObservation o = {.weight = 1, .x = 2, .t_x = size, .age = size};

		clv_model_dert_if_alive(&model, &o, 1, rate, INFINITY, &direct, NULL);
		close_rel(read_off(&model, 2, size, rate, INFINITY), direct, 1e-13, "%s: age %g", family->name, size);
	}
	ok(!clv_curve_place(&model, -1, &stretch, &position) && !clv_curve_place(&model, NAN, &stretch, &position) &&
	   !clv_curve_place(&model, INFINITY, &stretch, &position), "%s: no stretch for what is no age", family->name);
	curve.smooth = true;
	clv_curve_draw(&model, 2, 0, -1, INFINITY, &curve, NULL);
	ok(!curve.smooth, "%s: no curve for a rate out of range", family->name);
	curve.smooth = true;
	clv_curve_draw(&model, 2, 0, rate, NAN, &curve, NULL);
	ok(!curve.smooth, "%s: no curve for a horizon out of range", family->name);
	clv_curve_draw(&model, 2, 0, rate, 0, &curve, NULL);
	ok(curve.smooth && clv_curve_at(&curve, 0.3) == 0, "%s: nothing within no time", family->name);
}

int
main(void)
{
	int			rounds = getenv("CLV_ROUNDS") ? atoi(getenv("CLV_ROUNDS")) : 500;
	double		stretch;
	double		position;
	ClvModel	nbd = model_of(&clv_family_nbd, (const double[]) {0.5, 10});
	ClvCurve	curve;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
	{
		grid(families[i].name, families[i].family);
		random_models(families[i].family, rounds);
		ends(families[i].family);
	}
	ok(!clv_curve_place(&nbd, 1, &stretch, &position), "no curve where it would depend on more");
	clv_curve_constant(42.5, &curve);
	ok(curve.smooth && clv_curve_at(&curve, -0.7) == 42.5, "a curve of one number");
	clv_curve_constant(0, &curve);
	ok(curve.smooth && clv_curve_at(&curve, -0.7) == 0, "a curve of nothing");
	return done_testing();
}
