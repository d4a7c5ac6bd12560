/**
 * One execution for many callers: identical calls that are under way at once share one, and calls
 * for different keys go together in bulk. Start with
 * {@link dev.scaling.concurrency.collapse.Collapser} or
 * {@link dev.scaling.concurrency.collapse.Batcher}. Nothing here keeps a result once its callers
 * have it; that is what a cache does.
 */
package dev.scaling.concurrency.collapse;
