/**
 * Locks over one or several independent Redis masters: leases with fencing tokens that are monotone
 * over the quorum.
 *
 * <p>Start at {@link dev.scaling.locks.LockService#builder}. A lock here is no mutex for threads:
 * it belongs to its lease, it may be lost, and what it protects should refuse old fencing tokens.
 */
package dev.scaling.locks;
