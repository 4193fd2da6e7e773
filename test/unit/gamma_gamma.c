/*-------------------------------------------------------------------------
 *
 * gamma_gamma.c
 *	  The amount of an order: grid_gamma_gamma.csv, derivatives, limits.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "model/fit.h"
#include "model/inference.h"
#include "model/predict.h"
#include "model/simulate.h"

static void
grid(void)
{
	FILE	   *file = open_reference("grid_gamma_gamma.csv");
	char		line[512];
	int			rows = 0;
	double		worst = 0;

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file))
	{
		double		p[3];
		char		likelihood[64],
					spend[64] = "",
					mean[64] = "";
		ClvModel	model;
		ClvObservation o = {.weight = 1};
		double		got,
					weight,
					error;
		ClvStatus	status;
		char	   *field = line;
		char	   *values[9];

		for (int i = 0; i < 9; i++)
			values[i] = field ? strsep(&field, ",\r\n") : "";
		if (strcmp(values[0], "id") == 0)
			continue;
		rows++;
		for (int i = 0; i < 3; i++)
			p[i] = strtod(values[1 + i], NULL);
		o.x = strtod(values[4], NULL);
		o.extra = strtod(values[5], NULL);
		snprintf(likelihood, sizeof(likelihood), "%s", values[6]);
		snprintf(spend, sizeof(spend), "%s", values[7]);
		snprintf(mean, sizeof(mean), "%s", values[8]);
		clv_model_from_parameters(&clv_family_gamma_gamma, p, 0, &model, NULL);

		clv_model_log_likelihood(&model, &o, &got);
		error = fabs(got / strtod(likelihood, NULL) - 1);
		worst = fmax(worst, error);
		if (!(error < 1e-12))
			ok(false, "row %s: log-likelihood %.17g, want %s", values[0], got, likelihood);

		status = clv_model_expected_spend(&model, &o, &got, &weight);
		if (spend[0] == '\0')
			ok(status == CLV_SPEND_HAS_NO_MEAN, "row %s: no mean, and it says so", values[0]);
		else
		{
			error = fabs(got / strtod(spend, NULL) - 1);
			worst = fmax(worst, error);
			if (status != CLV_OK || !(error < 1e-12) || !(weight >= 0 && weight <= 1))
				ok(false, "row %s: expected spend %.17g, want %s, weight %g", values[0], got, spend, weight);
		}

		o.x = 0;
		status = clv_model_expected_spend(&model, &o, &got, &weight);
		if (mean[0] == '\0')
			ok(status == CLV_SPEND_HAS_NO_MEAN, "row %s: the base has no mean, and it says so", values[0]);
		else
		{
			error = fabs(got / strtod(mean, NULL) - 1);
			worst = fmax(worst, error);
			if (status != CLV_OK || !(error < 1e-12) || weight != 0)
				ok(false, "row %s: mean of the base %.17g, want %s", values[0], got, mean);
		}
	}
	fclose(file);
	ok(rows == 38, "grid: %d rows, worst relative error %.2g", rows, worst);
}

static void
derivatives(void)
{
	static const double points[][3] = {{6.25, 3.74, 15.44}, {0.4, 1.2, 200}, {80, 30, 9}};
	static const ClvObservation data[] = {
		{1, 0, 0, 20, 2}, {1, 0, 0, 500, 1}, {7, 0, 0, 33.3, 1.5}, {300, 0, 0, 12, 1}
	};
	int			n = sizeof(data) / sizeof(data[0]);

	for (int k = 0; k < 3; k++)
	{
		double		gradient[3],
					hessian[9];
		double		worst = 0;

		clv_family_gamma_gamma.log_likelihood(points[k], data, n, gradient, hessian, NULL);
		for (int i = 0; i < 3; i++)
		{
			double		place[3];
			double		up[3],
						down[3];
			double		h = 1e-4 * points[k][i];
			double		difference;

			memcpy(place, points[k], sizeof(place));
			place[i] += h;
			difference = clv_family_gamma_gamma.log_likelihood(place, data, n, up, NULL, NULL);
			place[i] = points[k][i] - h;
			difference -= clv_family_gamma_gamma.log_likelihood(place, data, n, down, NULL, NULL);
			worst = fmax(worst, fabs(difference / (2 * h) - gradient[i]) / (1 / points[k][i] + fabs(gradient[i])));
			for (int j = 0; j < 3; j++)
				worst = fmax(worst, fabs((up[j] - down[j]) / (2 * h) - hessian[i * 3 + j]) /
							 (1 / points[k][i] / points[k][j] + fabs(hessian[i * 3 + j])));
		}
		/* central differences with a step of 1e-4 are right to 1e-8 or so */
		ok(worst < 1e-6, "derivatives at (%g, %g, %g): worst %.2g", points[k][0], points[k][1], points[k][2], worst);
	}
}

#define MOST 3000
static ClvObservation data[MOST];

static ClvModel
fit(size_t n)
{
	ClvModel	model;

	memset(&model, 0, sizeof(model));
	if (clv_fit_model(&clv_family_gamma_gamma, data, n, NULL, &model, NULL, NULL) != CLV_OK)
		ok(false, "the fit was refused");
	return model;
}

static void
fits(void)
{
	double		truth[3] = {4, 0.6, 30};
	ClvModel	model;
	ClvModel	source;
	double		spend,
				weight;
	ClvObservation nobody = {.weight = 1};

	/* A base whose mean does not exist: q stays above 1. */
	clv_model_from_parameters(&clv_family_gamma_gamma, truth, 0, &source, NULL);
	for (size_t i = 0; i < MOST; i++)
		clv_simulate_observation(&source, 7, i, 1 + i % 5, &data[i]);
	model = fit(MOST);
	is_str(clv_fit_status_name(model.status), "boundary", "a base without a mean: status");
	ok((model.at_bound & 2) != 0 && model.parameters[1] > 1, "a base without a mean: q is held above 1, at %g", model.parameters[1]);
	ok(clv_model_expected_spend(&model, &nobody, &spend, &weight) == CLV_OK && isfinite(spend) && spend > 0,
	   "a base without a mean: spend of a newcomer is finite");

	/* One whose mean exists is found again. */
	truth[1] = 3;
	clv_model_from_parameters(&clv_family_gamma_gamma, truth, 0, &source, NULL);
	for (size_t i = 0; i < MOST; i++)
		clv_simulate_observation(&source, 8, i, 1 + i % 5, &data[i]);
	model = fit(MOST);
	is_str(clv_fit_status_name(model.status), "ok", "simulated customers: status");
	for (int i = 0; i < 3; i++)
		ok(fabs(model.parameters[i] - truth[i]) < 3.5 * clv_model_std_error(&model, i),
		   "simulated customers: %s is %g, was %g", model.family->parameter[i].name, model.parameters[i], truth[i]);

	/* Equal amounts; one customer; nobody with an amount. */
	for (int i = 0; i < 20; i++)
		data[i] = (ClvObservation) {1 + i, 0, 0, 25, 1};
	model = fit(20);
	is_str(clv_fit_status_name(model.status), "flat", "everybody spends the same: status");
	clv_model_expected_spend(&model, &data[3], &spend, &weight);
	close_rel(spend, 25, 1e-9, "everybody spends the same: expected spend");
	model = fit(1);
	is_str(clv_fit_status_name(model.status), "flat", "one customer: status");
	clv_model_expected_spend(&model, &nobody, &spend, &weight);
	close_rel(spend, 25, 1e-9, "one customer: the mean is that customer's");
	data[0] = nobody;
	model = fit(1);
	is_str(clv_fit_status_name(model.status), "flat", "nobody with an amount: status");
	ok(clv_model_expected_spend(&model, &nobody, &spend, &weight) == CLV_OK && isfinite(spend), "nobody with an amount: finite");

	/* Each customer always spends the same, customers differ: p grows to its bound. */
	for (int i = 0; i < 200; i++)
		data[i] = (ClvObservation) {1 + (i * 37) % 500, 0, 0, 10 * exp(0.7 * sin(i * 1.7)), 1};
	model = fit(200);
	clv_model_expected_spend(&model, &data[5], &spend, &weight);
	diag("p %g q %g gamma %g after %d steps, gradient %g", model.parameters[0], model.parameters[1], model.parameters[2],
		 model.iterations, model.gradient_norm);
	ok(model.status != CLV_FIT_NOT_CONVERGED && fabs(spend / data[5].extra - 1) < 0.01,
	   "faithful amounts: %s, expected %g of one who spends %g", clv_fit_status_name(model.status), spend, data[5].extra);

	data[0] = (ClvObservation) {2, 0, 0, -5, 1};
	ok(clv_fit_model(&clv_family_gamma_gamma, data, 1, NULL, &model, NULL, NULL) == CLV_OBSERVATION_OUT_OF_RANGE, "a negative mean is refused");
	data[0].extra = 0;
	ok(clv_fit_model(&clv_family_gamma_gamma, data, 1, NULL, &model, NULL, NULL) == CLV_OBSERVATION_OUT_OF_RANGE, "a mean of 0 is refused");
	data[0].extra = INFINITY;
	ok(clv_fit_model(&clv_family_gamma_gamma, data, 1, NULL, &model, NULL, NULL) == CLV_OBSERVATION_OUT_OF_RANGE, "an infinite mean is refused");
}

int
main(void)
{
	grid();
	derivatives();
	fits();
	return done_testing();
}
