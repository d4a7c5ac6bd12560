/**
 * What travels beside a call, there and back. Start with
 * {@link dev.scaling.resilience.context.CallContext}. Nothing here throws for what others have
 * written.
 */
package dev.scaling.resilience.context;
