package dev.scaling.locks.fencing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;

/** The statements on a table of fencing tokens. Safe for use by many threads. */
final class FenceTable {

  /*
   * The UPDATE compares and raises in one statement, and leaves the row locked; its condition is tried
   * on what others have committed, not on an older snapshot. Where it changes nothing, the row is
   * absent, or holds a greater token, or an equal one and the driver counts changed rows alone. The
   * SELECT tells which; FOR UPDATE makes it read what is committed (a plain one in MySQL would read the
   * transaction's snapshot) and keeps it so. Two who insert the same resource: the second waits for the
   * first, then either its INSERT stands, or it fails and the row is there to be compared with.
   *
   * PostgreSQL lets a transaction do nothing more after an error, hence the savepoint.
   */

  private static final long ABSENT = 0;

  /** A row that is inserted, and deleted again, by others, each time between our statements. */
  private static final int ATTEMPTS = 3;

  private final String update;
  private final String select;
  private final String insert;

  FenceTable(String table) {
    update =
        "UPDATE " + table + " SET fencing_token = ? WHERE resource_name = ? AND fencing_token <= ?";
    select = "SELECT fencing_token FROM " + table + " WHERE resource_name = ? FOR UPDATE";
    insert = "INSERT INTO " + table + " (fencing_token, resource_name) VALUES (?, ?)";
  }

  /** Raises the token of a resource, and returns the greatest one seen. */
  long raise(Connection connection, Fence fence) throws SQLException {
    SQLException duplicate = null;
    for (int i = 0; i < ATTEMPTS; i++) {
      if (update(connection, fence)) {
        return fence.token();
      }
      long seen = select(connection, fence.resource());
      if (seen >= fence.token()) {
        return seen;
      }
      if (seen == ABSENT) {
        duplicate = insert(connection, fence);
        if (duplicate == null) {
          return fence.token();
        }
      }
    }
    // There is a row, and this transaction may not see it: its snapshot is older.
    throw new SQLTransactionRollbackException(
        fence.guard() + ": another transaction came first, repeat this one", "40001", duplicate);
  }

  private boolean update(Connection connection, Fence fence) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(update)) {
      statement.setLong(1, fence.token());
      statement.setString(2, fence.resource());
      statement.setLong(3, fence.token());
      return statement.executeUpdate() > 0;
    }
  }

  private long select(Connection connection, String resource) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(select)) {
      statement.setString(1, resource);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? rows.getLong(1) : ABSENT;
      }
    }
  }

  /** Adds a row, or returns why not if the row is there. */
  private @Nullable SQLException insert(Connection connection, Fence fence) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try (PreparedStatement statement = connection.prepareStatement(insert)) {
      statement.setLong(1, fence.token());
      statement.setString(2, fence.resource());
      statement.executeUpdate();
    } catch (SQLException e) {
      if (!isDuplicate(e)) {
        throw e;
      }
      connection.rollback(before);
      return e;
    }
    release(connection, before);
    return null;
  }

  /** 23505 where the database tells why, 23000 where it has one state for all constraints. */
  private static boolean isDuplicate(SQLException failure) {
    return "23505".equals(failure.getSQLState()) || "23000".equals(failure.getSQLState());
  }

  private static void release(Connection connection, Savepoint savepoint) throws SQLException {
    try {
      connection.releaseSavepoint(savepoint);
    } catch (SQLFeatureNotSupportedException e) {
      return; // Oracle has no such thing; it goes with the transaction
    }
  }
}
