/*-------------------------------------------------------------------------
 *
 * quadrature.c
 *	  Numerical integration without allocation.
 *
 * Adaptive integration halves the interval with the largest error estimate of
 * the 15-point Kronrod rule (Piessens and others 1983, QUADPACK), from a fixed
 * number of intervals.
 *
 * The line integral uses u = mode + width sinh(v) and the trapezoidal rule in
 * v, which converges exponentially for an analytic integrand (Takahasi & Mori
 * 1974; Trefethen & Weideman 2014); the step is halved, reusing all points,
 * until two sums agree.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "math/quadrature.h"

/* Halving the step squares the error in the end, but less than that at first. */
#define AGREE			3e-13
#define HALVINGS		8
/* Rounding of f, relative to its value at the mode, which bounds the agreement. */
#define ROUNDING		4e-16
/* A term this much smaller than the sum ends a side. */
#define NEGLIGIBLE		1e-18
/* sinh(12) widths reach beyond exponents of 1e-4 and smaller */
#define FARTHEST		40.0

const double clv_gauss_node_8[8] = {
	0.019855071751231884158, 0.1016667612931866302,
	0.23723379504183550709, 0.40828267875217509753,
	0.59171732124782490247, 0.76276620495816449291,
	0.8983332387068133698, 0.98014492824876811584
};
const double clv_gauss_weight_8[8] = {
	0.050614268145188129576, 0.11119051722668723527,
	0.15685332293894364367, 0.18134189168918099148,
	0.18134189168918099148, 0.15685332293894364367,
	0.11119051722668723527, 0.050614268145188129576
};
const double clv_gauss_node_12[12] = {
	0.0092196828766403746547, 0.047941371814762571661,
	0.11504866290284765648, 0.20634102285669127635,
	0.31608425050090990312, 0.43738329574426554226,
	0.56261670425573445774, 0.68391574949909009688,
	0.79365897714330872365, 0.88495133709715234352,
	0.95205862818523742834, 0.99078031712335962535
};
const double clv_gauss_weight_12[12] = {
	0.023587668193255913597, 0.05346966299765921548,
	0.080039164271673113167, 0.10158371336153296087,
	0.11674626826917740438, 0.1245735229067013925,
	0.1245735229067013925, 0.11674626826917740438,
	0.10158371336153296087, 0.080039164271673113167,
	0.05346966299765921548, 0.023587668193255913597
};
const double clv_gauss_node_20[20] = {
	0.0034357004074525376069, 0.018014036361043104366,
	0.043882785874337047066, 0.080441514088890588303,
	0.12683404676992460369, 0.18197315963674248727,
	0.244566499024586451, 0.31314695564229021966,
	0.38610707442917746096, 0.46173673943325133312,
	0.53826326056674866688, 0.61389292557082253904,
	0.68685304435770978034, 0.755433500975413549,
	0.81802684036325751273, 0.87316595323007539631,
	0.9195584859111094117, 0.95611721412566295293,
	0.98198596363895689563, 0.99656429959254746239
};
const double clv_gauss_weight_20[20] = {
	0.0088070035695760591559, 0.020300714900193470666,
	0.031336024167054531785, 0.041638370788352374362,
	0.050965059908620217518, 0.059097265980759208656,
	0.065844319224588313449, 0.071048054659191025665,
	0.074586493236301873394, 0.076376693565362925349,
	0.076376693565362925349, 0.074586493236301873394,
	0.071048054659191025665, 0.065844319224588313449,
	0.059097265980759208656, 0.050965059908620217518,
	0.041638370788352374362, 0.031336024167054531785,
	0.020300714900193470666, 0.0088070035695760591559
};
const double clv_gauss_node_16[16] = {
	0.0052995325041750337019, 0.027712488463383711961,
	0.06718439880608412806, 0.12229779582249848305,
	0.19106187779867812578, 0.27099161117138630683,
	0.35919822461037054338, 0.45249374508118127991,
	0.54750625491881872009, 0.64080177538962945662,
	0.72900838882861369317, 0.80893812220132187422,
	0.87770220417750151695, 0.93281560119391587194,
	0.97228751153661628804, 0.9947004674958249663
};
const double clv_gauss_weight_16[16] = {
	0.013576229705877047426, 0.031126761969323946431,
	0.047579255841246392405, 0.062314485627766936026,
	0.074797994408288366041, 0.084578259697501269095,
	0.091301707522461794433, 0.094725305227534248143,
	0.094725305227534248143, 0.091301707522461794433,
	0.084578259697501269095, 0.074797994408288366041,
	0.062314485627766936026, 0.047579255841246392405,
	0.031126761969323946431, 0.013576229705877047426
};

double
clv_log_line_integral(ClvLogIntegrand f, const void *context, double mode, double width)
{
	double		top = f(mode, context);
	double		sum = 1;		/* of integrand / exp(top), times cosh(v), over the points */
	double		step = 0.5;
	double		last = INFINITY;
	double		agree = fmax(AGREE, ROUNDING * fabs(top));

	if (!isfinite(top) || !(width > 0))
		return isnan(top) ? top : ((top == -INFINITY) ? -INFINITY : NAN);

	for (int level = 0; level <= HALVINGS; level++)
	{
		/* all multiples of the first step, then the odd multiples of each half */
		double		first = step;
		double		stride = (level == 0) ? step : 2 * step;
		double		estimate;

		for (int side = -1; side <= 1; side += 2)
		{
			double		before = INFINITY;

			for (double v = first; v < FARTHEST; v += stride)
			{
				double		value = f(mode + side * width * sinh(v), context) - top;
				double		term = exp(value) * cosh(v);

				if (isnan(value))
					return NAN;
				sum += term;
				if (term <= NEGLIGIBLE * sum && value <= before)
					break;
				before = value;
			}
		}
		estimate = sum * step;
		if (level > 1 && fabs(estimate - last) <= agree * estimate)
			return top + log(estimate * width);
		last = estimate;
		step /= 2;
	}
	return top + log(last * width);
}

/* ---- adaptive Gauss-Kronrod ---- */

#define INTERVALS 256

static const double kronrod_node[8] = {
	0.99145537112081263920685469752633, 0.94910791234275852452618968404785,
	0.86486442335976907278971278864093, 0.74153118559939443986386477328079,
	0.58608723546769113029414469169301, 0.40584515137739716690660641207696,
	0.20778495500789846760068940377324, 0
};
static const double kronrod_weight[8] = {
	0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
	0.10479001032225018383987632254152, 0.14065325971552591874518959051024,
	0.16900472663926790282829543641365, 0.19035057806478540991325640242101,
	0.20443294007529889241416199923465, 0.20948214108472782801299917489171
};

/* of the 7-point Gauss rule inside it, at nodes 1, 3, 5 and 7 */
static const double gauss_weight[4] = {
	0.12948496616886969327061143267908, 0.27970539148927666790146777142378,
	0.38183005050511894495036977548898, 0.41795918367346938775510204081633
};

typedef struct Interval
{
	double		a,
				b,
				value,
				error;
} Interval;

typedef struct Adaptive
{
	ClvIntegrand f;
	const void *context;
	double		start;
	double		scale;			/* > 0: x = start + scale * s / (1 - s) */
	int			evaluations;
} Adaptive;

static double
evaluate(Adaptive *what, double x)
{
	what->evaluations++;
	if (what->scale > 0)
	{
		double		rest = 1 - x;

		return what->f(what->start + what->scale * (x / rest), what->context) * what->scale / (rest * rest);
	}
	return what->f(x, what->context);
}

static Interval
kronrod(Adaptive *what, double a, double b)
{
	Interval	interval = {a, b, 0, 0};
	double		middle = 0.5 * (a + b);
	double		half = 0.5 * (b - a);
	double		at_middle = evaluate(what, middle);
	double		fine = kronrod_weight[7] * at_middle;
	double		coarse = gauss_weight[3] * at_middle;

	for (int i = 0; i < 7; i++)
	{
		double		pair = evaluate(what, middle - half * kronrod_node[i])
			+ evaluate(what, middle + half * kronrod_node[i]);

		fine += kronrod_weight[i] * pair;
		if (i % 2 == 1)
			coarse += gauss_weight[i / 2] * pair;
	}
	interval.value = half * fine;
	interval.error = fabs(half * (fine - coarse));
	return interval;
}

ClvIntegral
clv_integrate(ClvIntegrand f, const void *context, double a, double b, double scale,
			  double relative, double absolute, ClvInterrupt interrupt)
{
	Adaptive	what = {f, context, a, 0, 0};
	Interval	interval[INTERVALS];
	ClvIntegral result = {0, 0, 0, 0};
	int			n = 1;

	if (!isfinite(a) || isnan(b) || b == -INFINITY || (isinf(b) && !(scale > 0 && isfinite(scale))))
	{
		result.value = NAN;
		return result;
	}
	if (isinf(b))
	{
		what.scale = scale;
		a = 0;
		b = 1;
	}
	interval[0] = kronrod(&what, a, b);
	for (;;)
	{
		int			worst = 0;
		double		middle;

		/* summed afresh: a running sum would keep the rounding of what was replaced */
		result.value = 0;
		result.error = 0;
		for (int i = 0; i < n; i++)
		{
			result.value += interval[i].value;
			result.error += interval[i].error;
			if (interval[i].error > interval[worst].error)
				worst = i;
		}
		if (!isfinite(result.value))
			break;
		if (result.error <= absolute || result.error <= relative * fabs(result.value))
		{
			result.converged = 1;
			break;
		}
		middle = 0.5 * (interval[worst].a + interval[worst].b);
		if (n == INTERVALS || middle == interval[worst].a || middle == interval[worst].b)
			break;
		if (interrupt)
			interrupt();
		interval[n++] = kronrod(&what, middle, interval[worst].b);
		interval[worst] = kronrod(&what, interval[worst].a, middle);
	}
	result.evaluations = what.evaluations;
	return result;
}
