package dev.scaling.locks.fencing;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

/**
 * A guard in PostgreSQL keeps the contract. Skipped unless {@code SCALING_POSTGRES_URL} names a
 * database whose tables {@code invoices} and {@code writes} may be dropped, such as
 * {@code jdbc:postgresql://127.0.0.1/test?user=test}.
 */
final class JdbcFenceGuardPostgresIT extends JdbcFenceGuardContract {

  private static final String URL = "SCALING_POSTGRES_URL";

  JdbcFenceGuardPostgresIT() {
    super(new TestDatabase(
        String.valueOf(System.getenv(URL)), "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"));
  }

  @BeforeAll
  static void requireDatabase() {
    Assumptions.assumeTrue(System.getenv(URL) != null, URL + " names no database");
  }
}
