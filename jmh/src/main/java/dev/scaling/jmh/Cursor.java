package dev.scaling.jmh;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Walks over the keys, each thread by itself. */
@State(Scope.Thread)
public class Cursor {

  private int at;

  int next() {
    at = at + 1 == LocalHits.KEYS ? 0 : at + 1;
    return at;
  }
}
