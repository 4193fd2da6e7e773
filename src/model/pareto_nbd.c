/*-------------------------------------------------------------------------
 *
 * pareto_nbd.c
 *	  Pareto/NBD: drop-out at any moment.
 *
 *-------------------------------------------------------------------------
 */
#include "model/parameter.h"

const ClvFamily clv_family_pareto_nbd = {
	.name = "pareto/nbd",
	.title = "Pareto/NBD (Schmittlein, Morrison and Colombo 1987)",
	.kind = CLV_TRANSACTIONS,
	.parameter_count = 4,
	.parameter = {
		CLV_SHAPE("r", "shape of the order rates: the smaller, the more customers differ"),
		CLV_TIME("alpha", "scale of the order rates: r / alpha orders per unit of time while alive"),
		CLV_DROPOUT_SHAPE("s", "shape of the drop-out rates; 0: nobody leaves"),
		CLV_TIME("beta", "scale of the drop-out rates: s / beta per unit of time"),
	},
};
