package dev.scaling.cache;

/** A write to the source, such as a transaction that commits before it returns. */
@FunctionalInterface
public interface SourceWrite<R, X extends Exception> {

  /** Writes, and returns what the caller of {@code update} wants to have of it. */
  R write() throws X;
}
