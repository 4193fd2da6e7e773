/*-------------------------------------------------------------------------
 *
 * special.c
 *	  The special functions against values of arbitrary precision.
 *
 * Rows come from test/reference/special_functions.csv (mpmath; the generator is
 * beside it) and, where the folder of reference data exists, from its
 * grid_special_functions.csv.  What each function is allowed is in the table
 * below, with the reason; what was measured is printed.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include <time.h>

#include "math/special.h"

#define EPS 2.220446049250313e-16

/* The size that an error is compared with. */
typedef enum Scale
{
	OF_VALUE,					/* |value| */
	OF_VALUE_AND_ARGUMENT,		/* |value| + |b|: near a zero of the function only that can hold */
	OF_VALUE_AND_ONE			/* |value| + 1: the value is a logarithm that gets exponentiated */
} Scale;

typedef struct Function
{
	const char *name;
	int			arguments;
	double		(*one) (double);
	double		(*two) (double, double);
	double		(*four) (double, double, double, double);
	Scale		scale;
	double		allowed;
	const char *why;
	double		worst;
	double		worst_at[4];
	int			rows;
} Function;

static double
log_hyp2f1(double a, double b, double c, double z)
{
	return clv_log_hyp2f1(a, b, c, z, NULL);
}

static double
sign_hyp2f1(double a, double b, double c, double z)
{
	int			sign;

	clv_log_hyp2f1(a, b, c, z, &sign);
	return sign;
}

static Function function[] = {
	{"lgamma", 1, clv_lgamma, NULL, NULL, OF_VALUE, 8 * EPS, "a sum of three terms"},
	{"lgamma1p", 1, clv_lgamma1p, NULL, NULL, OF_VALUE, 8 * EPS, "a Taylor series around each zero"},
	{"digamma", 1, clv_digamma, NULL, NULL, OF_VALUE_AND_ONE, 8 * EPS, "ten reciprocals; absolute near the zero 1.46"},
	{"trigamma", 1, clv_trigamma, NULL, NULL, OF_VALUE, 8 * EPS, "a sum of positive terms"},
	{"lgamma_ratio", 2, NULL, clv_lgamma_ratio, NULL, OF_VALUE_AND_ARGUMENT, 64 * EPS, "for b << a the argument's own rounding"},
	{"digamma_diff", 2, NULL, clv_digamma_diff, NULL, OF_VALUE, 16 * EPS, "a sum of terms of one sign"},
	{"trigamma_diff", 2, NULL, clv_trigamma_diff, NULL, OF_VALUE, 16 * EPS, "a sum of terms of one sign"},
	{"lgamma_diff2", 4, NULL, NULL, NULL, OF_VALUE, 64 * EPS, "terms of one sign but for a halving"},
	{"digamma_diff2", 4, NULL, NULL, NULL, OF_VALUE, 64 * EPS, "terms of one sign"},
	{"lbeta", 2, NULL, clv_lbeta, NULL, OF_VALUE_AND_ONE, 64 * EPS, "a difference of two logarithms"},
	{"lbeta_diff", 4, NULL, NULL, clv_lbeta_diff, OF_VALUE, 64 * EPS, "two second differences of one sign"},
	{"lchoose", 2, NULL, clv_lchoose, NULL, OF_VALUE, 64 * EPS, "a difference of two logarithms"},
	{"log1p_minus", 1, clv_log1p_minus, NULL, NULL, OF_VALUE, 16 * EPS, "a series"},
	{"log1mexp", 1, clv_log1mexp, NULL, NULL, OF_VALUE, 4 * EPS, "two calls of libm"},
	{"beta_orders", 4, NULL, NULL, clv_beta_orders, OF_VALUE, 1e-13, "quadrature stops at 3e-13 between halvings"},
	{"log_psi_ss", 2, NULL, clv_log_psi_ss, NULL, OF_VALUE_AND_ONE, 128 * EPS, "a series and up to 30 steps of a recurrence, or a continued fraction"},
	{"log_hyp2f1", 4, NULL, NULL, log_hyp2f1, OF_VALUE_AND_ONE, 4e-13, "series of 600 terms, or quadrature of (1 - z t)^-a, a up to 1e5"},
	{"sign_hyp2f1", 4, NULL, NULL, sign_hyp2f1, OF_VALUE, 0, "a sign"},
};

#define FUNCTIONS ((int) (sizeof(function) / sizeof(function[0])))

static double
call(const Function *f, const double *x)
{
	if (f->one)
		return f->one(x[0]);
	if (f->two)
		return f->two(x[0], x[1]);
	if (f->four)
		return f->four(x[0], x[1], x[2], x[3]);
	if (strcmp(f->name, "lgamma_diff2") == 0)
		return clv_lgamma_diff2(x[0], x[1], x[2]);
	return clv_digamma_diff2(x[0], x[1], x[2]);
}

/* For z < 0 and c below a and b the function oscillates; there it may decline. */
static bool
may_decline(const Function *f, const double *x)
{
	return strstr(f->name, "hyp2f1") != NULL && x[3] < 0 && x[2] < x[0] && x[2] < x[1];
}

static void
check(Function *f, const double *x, double want)
{
	double		got = call(f, x);
	double		size = fabs(want);
	double		error;
	double		allowed = f->allowed;

	if (may_decline(f, x))
	{
		if (isnan(log_hyp2f1(x[0], x[1], x[2], x[3])))
			return;
		allowed = 1e-9;			/* as documented */
	}
	if (f->scale == OF_VALUE_AND_ARGUMENT)
		size += fabs(x[1]);
	if (f->scale == OF_VALUE_AND_ONE)
		size += 1;
	error = (got == want) ? 0 : fabs(got - want) / size;
	f->rows++;
	if (!may_decline(f, x) && error > f->worst)
	{
		f->worst = error;
		memcpy(f->worst_at, x, sizeof(f->worst_at));
	}
	if (!(error <= allowed))
	{
		ok(false, "%s(%.17g, %.17g, %.17g, %.17g)", f->name, x[0], x[1], x[2], x[3]);
		diag("got %.17g, want %.17g, error %.3g, allowed %.3g", got, want, error, allowed);
	}
}

static void
check_file(FILE *file, const char *name)
{
	char		line[1024];
	int			rows = 0;

	for (int i = 0; i < FUNCTIONS; i++)
		function[i].rows = 0;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = 0;
	while (fgets(line, sizeof(line), file) != NULL)
	{
		char	   *rest = line;
		char	   *label = strsep(&rest, ",");
		double		x[5];
		bool		found = false;

		for (int i = 0; i < 5; i++)
			x[i] = rest ? strtod(strsep(&rest, ","), NULL) : NAN;
		if (strcmp(label, "hyp2f1") == 0)
		{
			/* the plain function overflows where the row does */
			double		got = clv_hyp2f1(x[0], x[1], x[2], x[3]);

			if (!tap_close(got, x[4], 1e-13 * (1 + fabs(log(x[4]))) * x[4]))
				close_rel(got, x[4], 1e-13, "hyp2f1(%g, %g, %g, %g)", x[0], x[1], x[2], x[3]);
			rows++;
			continue;
		}
		if (strcmp(label, "log_psi_ss") == 0 && strstr(name, "grid") != NULL)
			x[1] = x[2];		/* there it has s twice */
		for (int i = 0; i < FUNCTIONS; i++)
			if (strcmp(label, function[i].name) == 0)
			{
				check(&function[i], x, x[4]);
				found = true;
			}
		if (!found)
			ok(false, "%s: unknown function %s", name, label);
		rows++;
	}
	ok(rows > 100, "%s: %d rows", name, rows);
	fclose(file);
}

static FILE *
open_own(const char *name)
{
	char		path[4096];
	const char *slash = strrchr(__FILE__, '/');

	snprintf(path, sizeof(path), "%.*s/../reference/%s",
			 slash ? (int) (slash - __FILE__) : 1, slash ? __FILE__ : ".", name);
	return fopen(path, "r");
}

/* log F satisfies the contiguous relation in a over random parameters of the models' region. */
static void
check_contiguous(void)
{
	uint64_t	state = 42;
	double		worst = 0;
	int			bad = 0;
	struct timespec start,
				end;
	int			calls = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 3000; i++)
	{
		double		u[4];
		double		a,
					b,
					c,
					z,
					lower,
					middle,
					upper,
					left,
					right;

		for (int j = 0; j < 4; j++)
		{
			state = state * 6364136223846793005u + 1442695040888963407u;
			u[j] = (state >> 11) / 9007199254740992.0;
		}
		a = 1 + pow(10, -3 + 8 * u[0]);
		b = pow(10, -3 + 8 * u[1]);
		c = pow(10, -3 + 8 * u[2]);
		z = (i % 2) ? u[3] : 1 - pow(10, -10 * u[3]);
		/* (c - a) F(a-1) + a (1 - z) F... in the form with b: DLMF 15.5.11 */
		lower = log_hyp2f1(a - 1, b, c, z);
		middle = log_hyp2f1(a, b, c, z);
		upper = log_hyp2f1(a + 1, b, c, z);
		calls += 3;
		if (!isfinite(lower) || !isfinite(middle) || !isfinite(upper))
		{
			bad++;
			diag("not finite: %.17g %.17g %.17g %.17g: %g %g %g", a, b, c, z, lower, middle, upper);
			continue;
		}
		/* (c-a) F- + (2a - c + (b-a) z) F + a (z-1) F+ = 0 */
		left = (c - a) * exp(lower - middle) + (2 * a - c + (b - a) * z);
		right = a * (1 - z) * exp(upper - middle);
		{
			double		size = fabs(c - a) * exp(lower - middle) + fabs(2 * a - c) + fabs(b - a) * z + right;
			double		error = fabs(left - right) / size / (1 + fabs(middle));

			if (error > worst)
				worst = error;
			if (error > 1e-13)
			{
				bad++;
				diag("contiguous relation off by %.3g at %.17g %.17g %.17g %.17g", error, a, b, c, z);
			}
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	is_int(bad, 0, "2F1 is finite and satisfies its contiguous relation on 3000 random arguments up to 1e5");
	diag("worst %.2g, %.1f microseconds a call", worst,
		 ((end.tv_sec - start.tv_sec) * 1e6 + (end.tv_nsec - start.tv_nsec) / 1e3) / calls);
}

static void
check_domains(void)
{
	ok(isnan(clv_lgamma(0)) && isnan(clv_lgamma(-1)) && isnan(clv_lgamma(NAN)) && isnan(clv_lgamma(-INFINITY)),
	   "lgamma is NaN outside its domain");
	ok(clv_lgamma(INFINITY) == INFINITY, "lgamma(infinity) is infinite");
	ok(isnan(clv_digamma(0)) && isnan(clv_digamma(NAN)) && isnan(clv_trigamma(-2)) && isnan(clv_trigamma(NAN)),
	   "digamma and trigamma are NaN outside their domain");
	ok(isnan(clv_lgamma_ratio(0, 1)) && isnan(clv_lgamma_ratio(1, -1)) && isnan(clv_lgamma_ratio(NAN, 1)) &&
	   isnan(clv_lgamma_ratio(1, NAN)), "lgamma_ratio is NaN outside its domain");
	ok(clv_lgamma_ratio(3, 0) == 0 && clv_digamma_diff(3, 0) == 0 && clv_trigamma_diff(3, 0) == 0, "differences at b = 0 are 0");
	ok(isnan(clv_lbeta(0, 1)) && isnan(clv_lbeta(1, NAN)), "lbeta is NaN outside its domain");
	ok(isnan(clv_log_hyp2f1(1, 1, 2, 1, NULL)) && isnan(clv_log_hyp2f1(1, 1, -2, 0.5, NULL)) &&
	   isnan(clv_log_hyp2f1(NAN, 1, 2, 0.5, NULL)) && isnan(clv_log_hyp2f1(1, 1, 2, NAN, NULL)) &&
	   isnan(clv_log_hyp2f1(1, INFINITY, 2, 0.5, NULL)), "2F1 is NaN outside its domain");
	ok(isnan(clv_log_psi_ss(-1, 1)) && isnan(clv_log_psi_ss(1, 0)) && isnan(clv_log_psi_ss(NAN, 1)), "psi is NaN outside its domain");
	ok(isnan(clv_beta_orders(0, 1, 1, 1)) && isnan(clv_beta_orders(1, 1, 1, -1)) && isnan(clv_beta_orders(1, 1, 1, INFINITY)) &&
	   isnan(clv_beta_orders(1, 1, NAN, 1)), "beta_orders is NaN outside its domain");
	ok(clv_beta_orders(1, 2, 3, 0) == 0, "beta_orders within no time is 0");
	ok(isnan(clv_log1mexp(0.1)) && clv_log1mexp(0) == -INFINITY && clv_log1mexp(-INFINITY) == 0, "log1mexp at its ends");
	ok(clv_log_add_exp(-INFINITY, -INFINITY) == -INFINITY && clv_log_add_exp(2, -INFINITY) == 2 &&
	   isnan(clv_log_add_exp(NAN, 1)), "log_add_exp knows zero and NaN");
	close_rel(clv_log_add_exp(1000, 1000), 1000.6931471805599453, 4 * EPS, "log_add_exp does not overflow");
	ok(clv_log_sub_exp(5, 5) == -INFINITY && clv_log_sub_exp(5, -INFINITY) == 5 && isnan(clv_log_sub_exp(1, 2)), "log_sub_exp at its ends");
	{
		double		terms[] = {-1000, -1001, -INFINITY, -1002};

		close_rel(clv_log_sum_exp(terms, 4), -999.59239403555561901, 4 * EPS, "log_sum_exp of four terms");
		ok(clv_log_sum_exp(terms, 0) == -INFINITY, "log_sum_exp of no term is log 0");
	}
	ok(clv_logistic(-800) == 0 && clv_logistic(800) == 1 && clv_logistic(0) == 0.5, "logistic at its ends");
	ok(clv_log1pexp(-800) == 0 && clv_log1pexp(800) == 800, "log1pexp at its ends");
}

int
main(void)
{
	FILE	   *file = open_own("special_functions.csv");

	if (ok(file != NULL, "special_functions.csv opens"))
		check_file(file, "special_functions.csv");
	for (int i = 0; i < FUNCTIONS; i++)
	{
		const Function *f = &function[i];

		ok(f->rows > 0, "%s: %d rows, worst %.2g, allowed %.2g (%s)", f->name, f->rows, f->worst, f->allowed, f->why);
		diag("worst at %.17g %.17g %.17g %.17g", f->worst_at[0], f->worst_at[1], f->worst_at[2], f->worst_at[3]);
	}
	file = open_reference("grid_special_functions.csv");
	if (file != NULL)
		check_file(file, "grid_special_functions.csv");
	check_contiguous();
	check_domains();
	return done_testing();
}
