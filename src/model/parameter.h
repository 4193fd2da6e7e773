/*-------------------------------------------------------------------------
 *
 * parameter.h
 *	  The few shapes that parameters have, so that families describe them in
 *	  one line each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PARAMETER_H
#define CLV_PARAMETER_H

#include "model/family.h"

/* What a model may hold: further out, sums and products of parameters overflow. */
#define CLV_SMALLEST 1e-100
#define CLV_LARGEST 1e100

/* A shape of a gamma or beta distribution. */
#define CLV_SHAPE(parameter_name, parameter_meaning) \
	{.name = parameter_name, .lower = CLV_SMALLEST, .upper = CLV_LARGEST, \
	 .fit_lower = 1e-6, .fit_upper = 1e6, .meaning = parameter_meaning}

/* The same, where 0 says that no customer ever drops out. */
#define CLV_DROPOUT_SHAPE(parameter_name, parameter_meaning) \
	{.name = parameter_name, .lower = 0, .upper = CLV_LARGEST, \
	 .fit_lower = 1e-6, .fit_upper = 1e6, .meaning = parameter_meaning}

/* A time: bounds of a fit are in mean ages of the data. */
#define CLV_TIME(parameter_name, parameter_meaning) \
	{.name = parameter_name, .lower = CLV_SMALLEST, .upper = CLV_LARGEST, \
	 .fit_lower = 1e-9, .fit_upper = 1e9, .unit_power = 1, .meaning = parameter_meaning}

/* The regularity of CNBD-k. */
#define CLV_REGULARITY(parameter_name, parameter_meaning) \
	{.name = parameter_name, .lower = 1, .upper = 100, .whole = true, .meaning = parameter_meaning}

#endif							/* CLV_PARAMETER_H */
