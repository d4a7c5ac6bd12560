/**
 * Will hold leases over one or several independent Redis masters, with fencing tokens that are
 * monotone over the quorum, read-write locks, semaphores and leader election. Nothing lives here
 * yet.
 */
@NullMarked
package dev.scaling.locks;

import org.jspecify.annotations.NullMarked;
