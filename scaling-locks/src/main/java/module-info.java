import org.jspecify.annotations.NullMarked;

/** Leases over one or several Redis masters, with fencing tokens and guards that check them. */
@NullMarked
module dev.scaling.locks {
  requires transitive dev.scaling.core;
  requires transitive java.sql;
  requires static transitive org.jspecify;

  exports dev.scaling.locks;
  exports dev.scaling.locks.fencing;
}
