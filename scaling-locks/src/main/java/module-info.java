import org.jspecify.annotations.NullMarked;

/** Locks over one or several Redis masters, and guards that refuse old fencing tokens. */
@NullMarked
module dev.scaling.locks {
  requires transitive dev.scaling.core;
  requires transitive java.sql;
  requires static transitive org.jspecify;

  exports dev.scaling.locks.fencing;
}
