/**
 * Metrics for the other scaling modules alone: callbacks over their own counters, and durations.
 */
package dev.scaling.core.telemetry;
