using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SafetyAudit.Data;

/// <summary>
/// A statement that SQLite runs again and again with other values, which go by their place. The provider looks each parameter up by its name at every run,
/// and reaches the library by way of three more layers; both take longer than the insert itself. Texts are written as the provider writes them.
/// </summary>
sealed class SqliteStatement : IDisposable
{
    readonly sqlite3 database;
    readonly sqlite3_stmt statement;
    readonly nint handle;

    // The texts and bytes of one run, which the library reads where they lie: the array does not move, and earlier ones are held until the values are forgotten.
    byte[] texts = Unmoved(4096);
    readonly List<byte[]> full = [];
    int used;

    /// <param name="connection">Open; the statement runs in its transaction.</param>
    /// <param name="sql">With <c>?</c> for each value.</param>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(database, sql, out statement));
        handle = statement.DangerousGetHandle();
    }

    /// <summary>Forgets the values of the last run: what is not given is NULL.</summary>
    public void Clear()
    {
        Check(Native.sqlite3_clear_bindings(handle));
        used = 0;
        full.Clear();
    }

    public void Give(int place, long value) => Check(Native.sqlite3_bind_int64(handle, place, value));

    public void Give(int place, double value) => Check(Native.sqlite3_bind_double(handle, place, value));

    public void Give(int place, byte[] value)
    {
        value.CopyTo(Room(value.Length));
        // Always an address, also of nothing: without one it would be taken for NULL.
        Check(Native.sqlite3_bind_blob(handle, place, ref texts[used], value.Length, Native.StaysThere));
        used += value.Length;
    }

    public void Give(int place, string value) => Text(place, Encoding.UTF8.GetBytes(value, Room(Encoding.UTF8.GetMaxByteCount(value.Length))));

    /// <summary>yyyy-MM-dd HH:mm:ss, and what fraction there is without zeros at its end.</summary>
    public void Give(int place, DateTime value)
    {
        var text = Room(27);
        Digits(text, value.Year, 4);
        text[4] = (byte)'-';
        Digits(text[5..], value.Month, 2);
        text[7] = (byte)'-';
        Digits(text[8..], value.Day, 2);
        text[10] = (byte)' ';
        Digits(text[11..], value.Hour, 2);
        text[13] = (byte)':';
        Digits(text[14..], value.Minute, 2);
        text[16] = (byte)':';
        Digits(text[17..], value.Second, 2);
        int length = 19, fraction = (int)(value.Ticks % TimeSpan.TicksPerSecond);
        if (fraction > 0)
        {
            text[19] = (byte)'.';
            Digits(text[20..], fraction, 7);
            length = 27;
            while (text[length - 1] == '0') length--;
        }
        Text(place, length);
    }

    /// <summary>yyyy-MM-dd.</summary>
    public void Give(int place, DateOnly value)
    {
        var text = Room(10);
        Digits(text, value.Year, 4);
        text[4] = (byte)'-';
        Digits(text[5..], value.Month, 2);
        text[7] = (byte)'-';
        Digits(text[8..], value.Day, 2);
        Text(place, 10);
    }

    /// <summary>Runs it once with the values given.</summary>
    public void Run()
    {
        int result = Native.sqlite3_step(handle), ended = Native.sqlite3_reset(handle);
        if (result != raw.SQLITE_DONE) Check(ended != raw.SQLITE_OK ? ended : result);
    }

    public void Dispose() => statement?.Dispose();

    // What was written into the room asked for last.
    void Text(int place, int length)
    {
        Check(Native.sqlite3_bind_text(handle, place, ref texts[used], length, Native.StaysThere));
        used += length;
    }

    Span<byte> Room(int most)
    {
        // One more, so that there is an address behind the last text too.
        if (texts.Length - used <= most)
        {
            full.Add(texts);
            (texts, used) = (Unmoved(Math.Max(2 * texts.Length, most + 1)), 0);
        }
        return texts.AsSpan(used, most);
    }

    static byte[] Unmoved(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);

    void Check(int result)
    {
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, database);
    }

    static void Digits(Span<byte> text, int value, int count)
    {
        for (int i = count - 1; i >= 0; i--, value /= 10) text[i] = (byte)('0' + value % 10);
    }

    // The library that the provider has loaded, called as it is. Giving a value notes where it lies and does nothing else, so the collector need not be told.
    static class Native
    {
        const string Library = "e_sqlite3";
        public const nint StaysThere = 0;

        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_int64(nint statement, int place, long value);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_double(nint statement, int place, double value);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_text(nint statement, int place, ref byte value, int length, nint destructor);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_blob(nint statement, int place, ref byte value, int length, nint destructor);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_clear_bindings(nint statement);
        [DllImport(Library)] public static extern int sqlite3_step(nint statement);
        [DllImport(Library)] public static extern int sqlite3_reset(nint statement);
    }
}
