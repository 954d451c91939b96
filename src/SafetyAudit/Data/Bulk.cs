using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace SafetyAudit.Data;

/// <summary>
/// Many rows of one entity, added or changed in the caller's open transaction: one prepared statement on SQLite, binary COPY on PostgreSQL. Columns and
/// conversions are those of the EF Core model, and the ids are the database's.
/// </summary>
public static class Bulk
{
    public static async Task BulkInsertAsync<T>(this SafetyAuditDb db, IReadOnlyCollection<T> rows, CancellationToken ct) where T : class
    {
        if (rows.Count == 0) return;
        var entity = db.Model.FindEntityType(typeof(T))!;
        var columns = Columns<T>.For(entity, "", () => entity.GetProperties().Where(p => !(p.ValueGenerated == ValueGenerated.OnAdd && p.ClrType == typeof(long))));
        string names = string.Join(", ", columns.Select(c => c.Name));
        RequireTransaction(db);
        switch (db.Database.GetDbConnection())
        {
            case SqliteConnection connection:
                Execute(connection, $"INSERT INTO {entity.GetTableName()} ({names}) VALUES ({string.Join(", ", columns.Select(_ => "?"))})", columns, rows, ct);
                break;
            case NpgsqlConnection connection:
                await CopyAsync(connection, entity.GetTableName()!, names, columns, rows, ct);
                break;
            case var other:
                throw new NotSupportedException($"No bulk insert for {other.GetType().Name}.");
        }
    }

    /// <summary>Writes some properties of rows that are there, found by their <c>Id</c>.</summary>
    public static async Task BulkUpdateAsync<T>(this SafetyAuditDb db, IReadOnlyCollection<T> rows, IReadOnlyList<string> properties, CancellationToken ct)
        where T : class
    {
        if (rows.Count == 0) return;
        var entity = db.Model.FindEntityType(typeof(T))!;
        string table = entity.GetTableName()!;
        // The id is the last, as it is in the statement for SQLite.
        var columns = Columns<T>.For(entity, string.Join(' ', properties), () => properties.Append("Id").Select(name => entity.FindProperty(name)!));
        var changed = columns[..^1];
        string names = string.Join(", ", columns.Select(c => c.Name));
        RequireTransaction(db);
        switch (db.Database.GetDbConnection())
        {
            case SqliteConnection connection:
                Execute(connection, $"UPDATE {table} SET {string.Join(", ", changed.Select(c => $"{c.Name} = ?"))} WHERE id = ?", columns, rows, ct);
                break;
            case NpgsqlConnection connection:
#pragma warning disable EF1002 // names of tables and columns come from the model
                await db.Database.ExecuteSqlRawAsync($"CREATE TEMPORARY TABLE bulk_update ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA", ct);
                await CopyAsync(connection, "bulk_update", names, columns, rows, ct);
                string taken = string.Join(", ", changed.Select(c => $"{c.Name} = u.{c.Name}"));
                await db.Database.ExecuteSqlRawAsync($"UPDATE {table} t SET {taken} FROM bulk_update u WHERE t.id = u.id", ct);
                await db.Database.ExecuteSqlRawAsync("DROP TABLE bulk_update", ct);
#pragma warning restore EF1002
                break;
            case var other:
                throw new NotSupportedException($"No bulk update for {other.GetType().Name}.");
        }
    }

    /// <summary>The entities of a query, tracked by nobody, as EF Core would give them; from SQLite in a fifth of the time.</summary>
    /// <param name="db">What the query is of.</param>
    /// <param name="query">Whole entities, or new ones with some properties, each from another column.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<T>> BulkReadAsync<T>(this SafetyAuditDb db, IQueryable<T> query, CancellationToken ct) where T : class, new()
    {
        if (!db.Database.IsSqlite()) return await query.AsNoTracking().ToListAsync(ct);
        var entity = db.Model.FindEntityType(typeof(T))!;
        var byName = new Dictionary<string, BulkColumn<T>>();
        // Of a whole entity by the names of the table's columns, of a new one by those of its properties.
        foreach (var (property, column) in entity.GetProperties().Zip(Columns<T>.For(entity, "*", () => entity.GetProperties()))) (byName[column.Name], byName[property.Name]) = (column, column);
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await using var command = query.CreateDbCommand();
            await using var reader = (SqliteDataReader)await command.ExecuteReaderAsync(ct);
            var columns = Enumerable.Range(0, reader.FieldCount).Select(i => byName[reader.GetName(i)]).ToArray();
            var read = new List<T>();
            while (await reader.ReadAsync(ct))
            {
                ct.ThrowIfCancellationRequested();
                read.Add(Take(reader, columns));
            }
            return read;
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    static T Take<T>(SqliteDataReader reader, BulkColumn<T>[] columns) where T : new()
    {
        var row = new SqliteRow(reader);
        var entity = new T();
        for (int i = 0; i < columns.Length; i++)
            if (!row.IsNull(i)) columns[i].Take(row, i, entity);
        return entity;
    }

    static async Task CopyAsync<T>(NpgsqlConnection connection, string table, string names, BulkColumn<T>[] columns, IReadOnlyCollection<T> rows, CancellationToken ct)
    {
        await using var writer = await connection.BeginBinaryImportAsync($"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)", ct);
        foreach (var row in rows)
        {
            await writer.StartRowAsync(ct);
            foreach (var column in columns) column.Write(writer, row);
        }
        await writer.CompleteAsync(ct);
    }

    static void Execute<T>(SqliteConnection connection, string sql, BulkColumn<T>[] columns, IReadOnlyCollection<T> rows, CancellationToken ct)
    {
        using var statement = new SqliteStatement(connection, sql);
        foreach (var row in rows)
        {
            ct.ThrowIfCancellationRequested();
            statement.Clear();
            for (int i = 0; i < columns.Length; i++) columns[i].Give(statement, i + 1, row);
            statement.Run();
        }
    }

    static void RequireTransaction(SafetyAuditDb db)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("Rows are inserted in bulk within a transaction only.");
    }

    // Compiled once for each database's model.
    static class Columns<T>
    {
        static readonly ConditionalWeakTable<IEntityType, ConcurrentDictionary<string, BulkColumn<T>[]>> Made = [];

        public static BulkColumn<T>[] For(IEntityType entity, string which, Func<IEnumerable<IProperty>> properties) =>
            Made.GetOrCreateValue(entity).GetOrAdd(which, _ => [.. properties().Select(BulkColumn<T>.Of)]);
    }
}
