/**
 * Retries that cannot make an outage worse. Start with {@link dev.scaling.resilience.Resilience}.
 * Nothing here retries by itself what its caller has not declared safe to repeat.
 */
package dev.scaling.resilience;
