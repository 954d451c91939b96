using Microsoft.Data.Sqlite;
using Npgsql;

namespace SafetyAudit.Data;

/// <summary>Tells that there was no room to write, from whichever part the news comes.</summary>
public static class DiskFull
{
    public const string Words = "The server's disk is full. Nothing of this was stored, and what is in is safe: free space there.";

    // ENOSPC and EDQUOT of Linux, ERROR_DISK_FULL as .NET reports it where a file's length is set beforehand.
    static readonly int[] NoRoom = [28, 122, unchecked((int)0x80070070)];

    public static bool Is(Exception fault)
    {
        for (Exception? e = fault; e is not null; e = e.InnerException)
            if (e is SqliteException { SqliteErrorCode: 13 } or PostgresException { SqlState: PostgresErrorCodes.DiskFull } || e is IOException && NoRoom.Contains(e.HResult)) return true;
        return false;
    }
}
