/**
 * Guards that let a resource refuse writers whose lock was lost while they were paused.
 *
 * <p>Start at {@link dev.scaling.locks.fencing.FenceGuard}, which says what to compare and where.
 * Nothing here starts a thread, and nothing here takes a lock of {@code dev.scaling.locks}: the
 * tokens may come from anywhere, as long as they grow from holder to holder.
 */
package dev.scaling.locks.fencing;
