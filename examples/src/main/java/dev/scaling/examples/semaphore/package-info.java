/** Permits that instances share, the smallest program: {@link SemaphoreMain}. */
@org.jspecify.annotations.NullMarked
package dev.scaling.examples.semaphore;
