/*-------------------------------------------------------------------------
 *
 * nbd.c
 *	  NBD: orders at a customer's own rate, for ever.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_nbd = {
	.name = "nbd",
	.title = "NBD (Ehrenberg 1959)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 2,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
	},
};
