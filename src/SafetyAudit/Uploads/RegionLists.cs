using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>The three parallel lists of a session file that together are its regions.</summary>
static class RegionLists
{
    public static Layout<Session>.Column[] Columns() => [new List("regions", 0), new List("muscles", 1), new List("sides", 2)];

    /// <summary>The entries of a list cell, trimmed; an empty entry stays as a place that is not recorded.</summary>
    public static string[] Entries(string cell) => [.. cell.Split(';').Select(entry => entry.Trim())];

    sealed class List(string name, int part) : Layout<Session>.Column(name, isRequired: false)
    {
        readonly RepeatedCells<string?[]> repeated = new();

        public override string Expected => "2000";
        public override bool IsList => true;

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, Session record, RowReading row)
        {
            if (!repeated.TryGet(cell, out string?[] entries))
            {
                var (value, wrong) = Cells.Text(cell, 2000, isId: false, lines: false);
                if (wrong is not null) return wrong;
                if (value.Contains('/', StringComparison.Ordinal)) return ReasonCode.ForbiddenCharacter;
                entries = [.. Entries(value).Select(e => e.Length == 0 ? null : Cells.Normal(e))];
                repeated.Add(cell, entries);
            }
            var regions = new SessionRegion[Math.Max(entries.Length, record.Regions.Count)];
            for (int i = 0; i < regions.Length; i++)
            {
                var known = i < record.Regions.Count ? record.Regions[i] : default;
                // One entry beside a longer list holds for all of them; other lengths are caught by the session's checks.
                string? entry = entries.Length == 1 ? entries[0] : i < entries.Length ? entries[i] : null;
                if (i >= record.Regions.Count && record.Regions.Count == 1) known = record.Regions[0];
                regions[i] = part switch { 0 => known with { Region = entry }, 1 => known with { Muscle = entry }, _ => known with { Side = entry } };
            }
            bool differ = record.Regions.Count > 1 && entries.Length > 1 && record.Regions.Count != entries.Length;
            record.Regions = regions;
            return differ ? ReasonCode.ListsDiffer : null;
        }

        public override string Cell(Session record) => string.Join(';', record.Regions.Select(Part));

        string? Part(SessionRegion region) => part switch { 0 => region.Region, 1 => region.Muscle, _ => region.Side };

        public override void Digest(Session record, byte index, BinaryWriter writer)
        {
            if (record.Regions.Count == 0) return;
            writer.Write(index);
            foreach (var region in record.Regions) writer.Write((Part(region) ?? "") + ";");
        }
    }
}
