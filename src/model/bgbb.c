/*-------------------------------------------------------------------------
 *
 * bgbb.c
 *	  BG/BB: one order or none at each numbered opportunity.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_bgbb = {
	.name = "bg/bb",
	.title = "BG/BB (Fader, Hardie and Shang 2010)",
	.kind = CLV_DISCRETE_TRANSACTIONS,
	.parameter_count = 4,
	.parameter = {
		CLV_SHAPE("alpha", "shape of the order probabilities: alpha / (alpha + beta) on average"),
		CLV_SHAPE("beta", "shape of the order probabilities"),
		CLV_DROPOUT_SHAPE("gamma", "shape of the drop-out probabilities: gamma / (gamma + delta) on average; 0: nobody leaves"),
		CLV_SHAPE("delta", "shape of the drop-out probabilities"),
	},
};
