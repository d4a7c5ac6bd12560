/**
 * What a server does with more work than it can do. Start with
 * {@link dev.scaling.resilience.shed.Shedder}. Nothing here waits, queues, or starts a thread.
 */
package dev.scaling.resilience.shed;
