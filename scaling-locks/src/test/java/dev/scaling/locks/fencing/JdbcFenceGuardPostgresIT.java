package dev.scaling.locks.fencing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

/**
 * A guard in PostgreSQL keeps the contract. Skipped unless {@code SCALING_POSTGRES_URL} names a
 * database whose tables {@code invoices} and {@code writes} may be dropped, such as
 * {@code jdbc:postgresql://127.0.0.1/test?user=test}.
 */
final class JdbcFenceGuardPostgresIT extends JdbcFenceGuardContract {

  private static final String URL = "SCALING_POSTGRES_URL";

  @BeforeAll
  static void requireDatabase() {
    Assumptions.assumeTrue(System.getenv(URL) != null, URL + " names no database");
  }

  @Override
  Connection connect() throws SQLException {
    return DriverManager.getConnection(System.getenv(URL));
  }

  @Override
  boolean isWaiting() throws SQLException {
    return count("SELECT COUNT(*) FROM pg_locks WHERE NOT granted") > 0;
  }
}
