package dev.scaling.locks.fencing;

/** A guard of any kind under test. */
interface Subject {

  void check(String resource, long fencingToken);

  boolean tryCheck(String resource, long fencingToken);

  static Subject of(FenceGuard guard) {
    return new Subject() {
      @Override
      public void check(String resource, long fencingToken) {
        guard.check(resource, fencingToken);
      }

      @Override
      public boolean tryCheck(String resource, long fencingToken) {
        return guard.tryCheck(resource, fencingToken);
      }
    };
  }
}
