/** Locks over three masters, the smallest program: {@link LocksMain}. */
@org.jspecify.annotations.NullMarked
package dev.scaling.examples.locks;
