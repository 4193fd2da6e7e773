/*-------------------------------------------------------------------------
 *
 * bgnbd.c
 *	  BG/NBD: drop-out after an order, never before the first repeat order.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_bgnbd = {
	.name = "bg/nbd",
	.title = "BG/NBD (Fader, Hardie and Lee 2005)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 4,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("a", "shape of the drop-out probabilities: a / (a + b) on average; 0: nobody leaves"),
		CLV_SHAPE("b", "shape of the drop-out probabilities"),
	},
};
