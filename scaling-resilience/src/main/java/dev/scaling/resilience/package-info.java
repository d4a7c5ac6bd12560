/**
 * Will hold retry budgets, deadlines, hedging, breakers, bulkheads, load shedding and the signals
 * that an autoscaler needs. Nothing lives here yet.
 */
@NullMarked
package dev.scaling.resilience;

import org.jspecify.annotations.NullMarked;
