/** A queue of work in front of a database, the smallest program: {@link QueueMain}. */
@org.jspecify.annotations.NullMarked
package dev.scaling.examples.queue;
