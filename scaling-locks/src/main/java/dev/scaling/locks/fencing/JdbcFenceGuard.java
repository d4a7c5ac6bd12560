package dev.scaling.locks.fencing;

import dev.scaling.core.internal.Checks;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Pattern;

/**
 * A guard that remembers tokens in a table of the user's database, for data in the same database.
 *
 * <p>Check in the transaction that writes, before it writes. The check keeps the row of its
 * resource locked until the transaction ends, so nobody with another token gets between it and the
 * commit, and who waits then sees what was committed. A transaction that is rolled back takes its
 * token back with it.
 *
 * <pre>{@code
 * connection.setAutoCommit(false);
 * guard.check(connection, "invoice:42", lease.fencingToken()); // throws if the token is old
 * invoices.pay(connection, 42);
 * connection.commit();
 * }</pre>
 *
 * <p>Who checks several resources in one transaction does so in one order everywhere, else two
 * transactions can wait for one another, which the database ends with an error. Rows stay; when a
 * resource is gone for good, delete its row once no old holder can be left.
 *
 * <p>For H2, PostgreSQL, MySQL, MariaDB and Oracle, at any isolation level; where the level finds
 * that another transaction came first, it ends this one with an error (SQL state class 40), and the
 * whole transaction is to be repeated. A database without {@code SELECT … FOR UPDATE}, such as SQL
 * Server, refuses the first check.
 *
 * <p>Safe for use by many threads, each with its own connection. It opens none, commits nothing,
 * and keeps nothing in memory.
 */
public final class JdbcFenceGuard {

  /**
   * Creates the table {@code fencing_tokens}; change the name freely, and on Oracle {@code BIGINT}
   * to {@code NUMBER(19)}. Give the column a collation that tells apart what you name apart: where
   * the database takes {@code A} for {@code a}, they share one token, and one's holders are refused
   * for the other's.
   */
  public static final String DDL = """
      CREATE TABLE fencing_tokens (
        resource_name VARCHAR(255) NOT NULL PRIMARY KEY,
        fencing_token BIGINT NOT NULL
      )""";

  private static final Pattern TABLE =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_]{0,62}\\.)?[A-Za-z_][A-Za-z0-9_]{0,62}");
  private static final int MOST_BYTES = 255;

  private final String table;
  private final FenceTable rows;

  JdbcFenceGuard(String table) {
    Checks.notNull(table, "table");
    Checks.argument(
        TABLE.matcher(table).matches(),
        "table must be 1 to 63 of A-Z a-z 0-9 _ and begin with no digit, perhaps behind a schema of"
            + " the same form and a dot: %s",
        table.length() > 130 ? table.length() + " characters" : table);
    this.table = table;
    rows = new FenceTable(table);
  }

  /**
   * Accepts a fencing token for the rest of the transaction, and from its commit on refuses all
   * smaller ones of the resource. Waits while another transaction that has checked the resource is
   * open. One statement, or three and a savepoint when the resource is new.
   *
   * @param connection in a transaction, that is with auto-commit off
   * @param resource what is protected, such as {@code invoice:42}: 1 to 255 bytes of UTF-8 without
   *     the character NUL
   * @param fencingToken from 1
   * @throws StaleFencingTokenException if a greater one was seen. Roll back: the transaction holds
   *     locks.
   * @throws IllegalStateException if auto-commit is on: check and write would be two transactions
   * @throws SQLException if the database fails; then the transaction must not be committed
   */
  public void check(Connection connection, String resource, long fencingToken) throws SQLException {
    var fence = checked(connection, resource, fencingToken);
    fence.require(rows.raise(connection, fence));
  }

  /**
   * Accepts a fencing token as {@link #check} does, or returns {@code false} if a greater one was
   * seen. Every other failure is thrown, as there.
   */
  public boolean tryCheck(Connection connection, String resource, long fencingToken)
      throws SQLException {
    var fence = checked(connection, resource, fencingToken);
    return rows.raise(connection, fence) == fencingToken;
  }

  @Override
  public String toString() {
    return "FenceGuard{" + table + ", by JDBC}";
  }

  private Fence checked(Connection connection, String resource, long fencingToken)
      throws SQLException {
    Checks.notNull(connection, "connection");
    var fence = Fence.of(table, resource, fencingToken, MOST_BYTES);
    if (resource.indexOf('\0') >= 0) { // PostgreSQL cannot store it
      throw new IllegalArgumentException(table + ": resource must not hold the character NUL");
    }
    Checks.agreement(
        !connection.getAutoCommit(),
        table + ": auto-commit is on, so check and write would not be atomic: switch it off");
    return fence;
  }
}
