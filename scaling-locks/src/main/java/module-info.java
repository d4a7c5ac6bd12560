import org.jspecify.annotations.NullMarked;

/** Leases over one or several Redis masters, with fencing tokens. */
@NullMarked
module dev.scaling.locks {
  requires transitive dev.scaling.core;
  requires static transitive org.jspecify;

  exports dev.scaling.locks;
}
