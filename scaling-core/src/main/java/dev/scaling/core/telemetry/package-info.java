/** Metrics for the other scaling modules alone: observable callbacks over their own counters. */
package dev.scaling.core.telemetry;
