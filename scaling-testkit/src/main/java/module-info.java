import org.jspecify.annotations.NullMarked;

/** What a test needs to drive scaling components: virtual time, real Redis servers, and faults. */
@NullMarked
module dev.scaling.testkit {
  requires transitive dev.scaling.core;
  requires transitive java.logging;
  requires transitive org.assertj.core;
  requires transitive org.junit.jupiter.api;
  // Read only if the tests run on the module path and in containers; the second name is its file's.
  requires static com.github.dockerjava.api;
  requires static testcontainers;
  requires static transitive org.jspecify;

  exports dev.scaling.testkit;
}
