using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace SafetyAudit.Reports;

/// <summary>One of the fonts that ship with the program: its widths, which glyph stands for which character, and as small a font as some characters need.</summary>
sealed class TrueTypeFont
{
    /// <summary>DejaVu Sans Condensed, in which every European name can be written; see Fonts/LICENSE.txt.</summary>
    public static readonly TrueTypeFont Regular = Load("DejaVuSansCondensed"), Bold = Load("DejaVuSansCondensed-Bold");

    readonly byte[] data;
    readonly Dictionary<string, (int Offset, int Length)> tables = [];
    readonly Dictionary<int, ushort> glyphs = [];
    readonly int metrics, unitsPerEm;

    public string Name { get; }
    public int Ascent { get; }
    public int Descent { get; }
    public (int Left, int Bottom, int Right, int Top) Box { get; }
    public int GlyphCount { get; }

    TrueTypeFont(string name, byte[] data)
    {
        (Name, this.data) = (name, data);
        for (int i = 0; i < U16(4); i++)
        {
            int entry = 12 + 16 * i;
            tables[Encoding.ASCII.GetString(data, entry, 4)] = ((int)U32(entry + 8), (int)U32(entry + 12));
        }
        int head = tables["head"].Offset, hhea = tables["hhea"].Offset;
        unitsPerEm = U16(head + 18);
        Box = (PerMille(S16(head + 36)), PerMille(S16(head + 38)), PerMille(S16(head + 40)), PerMille(S16(head + 42)));
        (Ascent, Descent, metrics) = (PerMille(S16(hhea + 4)), PerMille(S16(hhea + 6)), U16(hhea + 34));
        GlyphCount = U16(tables["maxp"].Offset + 4);
        ReadCharacters();
    }

    static TrueTypeFont Load(string name)
    {
        using var packed = new GZipStream(typeof(TrueTypeFont).Assembly.GetManifestResourceStream($"SafetyAudit.Reports.Fonts.{name}.ttf.gz")!, CompressionMode.Decompress);
        // Each is some 700 kB.
        using var data = new MemoryStream(1 << 20);
        packed.CopyTo(data);
        return new(name, data.GetBuffer());
    }

    /// <summary>The glyph of a character; a question mark's where the font has none.</summary>
    public ushort GlyphOf(Rune character) => glyphs.TryGetValue(character.Value, out ushort glyph) ? glyph : glyphs['?'];

    /// <summary>Width of a glyph in thousandths of the font's size.</summary>
    public int WidthOf(ushort glyph) => PerMille(U16(tables["hmtx"].Offset + 4 * Math.Min(glyph, metrics - 1)));

    /// <summary>Width of a text in thousandths of the font's size.</summary>
    public int WidthOf(string text)
    {
        int width = 0;
        foreach (var rune in text.EnumerateRunes()) width += WidthOf(GlyphOf(rune));
        return width;
    }

    /// <summary>The font with the outlines of some glyphs alone. Their numbers stay, so that a text need not be written anew.</summary>
    public byte[] Subset(IEnumerable<ushort> used)
    {
        var keep = new SortedSet<ushort>(used) { 0 };
        foreach (ushort glyph in keep.ToList()) AddParts(glyph, keep);
        var (glyf, loca) = (new MemoryStream(), new byte[4 * (GlyphCount + 1)]);
        byte[] hmtx = new byte[tables["hmtx"].Length];
        for (int glyph = 0; glyph <= GlyphCount; glyph++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(loca.AsSpan(4 * glyph), (uint)glyf.Length);
            if (!keep.Contains((ushort)glyph)) continue;
            var (offset, length) = Outline((ushort)glyph);
            glyf.Write(data, offset, length);
            while (glyf.Length % 4 != 0) glyf.WriteByte(0);
            int metric = Math.Min(glyph, metrics - 1);
            data.AsSpan(tables["hmtx"].Offset + 4 * metric, 4).CopyTo(hmtx.AsSpan(4 * metric));
        }
        byte[] head = Table("head");
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(50), 1);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), 0);
        return Assemble([("glyf", glyf.ToArray()), ("head", head), ("hhea", Table("hhea")), ("hmtx", hmtx), ("loca", loca), ("maxp", Table("maxp"))]);
    }

    // The glyphs that a composed one is made of.
    void AddParts(ushort glyph, SortedSet<ushort> keep)
    {
        const int wide = 1, scaled = 8, more = 32, scaledBoth = 64, matrix = 128;
        var (offset, length) = Outline(glyph);
        if (length == 0 || S16(offset) >= 0) return;
        for (int at = offset + 10, flags = more; (flags & more) != 0;)
        {
            flags = U16(at);
            ushort part = U16(at + 2);
            if (keep.Add(part)) AddParts(part, keep);
            at += 4 + ((flags & wide) != 0 ? 4 : 2) + ((flags & scaled) != 0 ? 2 : (flags & scaledBoth) != 0 ? 4 : (flags & matrix) != 0 ? 8 : 0);
        }
    }

    (int Offset, int Length) Outline(ushort glyph)
    {
        bool isLong = S16(tables["head"].Offset + 50) == 1;
        int At(int i) => isLong ? (int)U32(tables["loca"].Offset + 4 * i) : 2 * U16(tables["loca"].Offset + 2 * i);
        return (tables["glyf"].Offset + At(glyph), At(glyph + 1) - At(glyph));
    }

    static byte[] Assemble(List<(string Tag, byte[] Content)> parts)
    {
        int powers = (int)Math.Log2(parts.Count), at = 12 + 16 * parts.Count;
        var font = new byte[at + parts.Sum(p => (p.Content.Length + 3) / 4 * 4)];
        BinaryPrimitives.WriteUInt32BigEndian(font, 0x00010000);
        BinaryPrimitives.WriteUInt16BigEndian(font.AsSpan(4), (ushort)parts.Count);
        BinaryPrimitives.WriteUInt16BigEndian(font.AsSpan(6), (ushort)(16 << powers));
        BinaryPrimitives.WriteUInt16BigEndian(font.AsSpan(8), (ushort)powers);
        BinaryPrimitives.WriteUInt16BigEndian(font.AsSpan(10), (ushort)(16 * parts.Count - (16 << powers)));
        for (int i = 0; i < parts.Count; i++)
        {
            var (tag, content) = parts[i];
            content.CopyTo(font, at);
            int padded = (content.Length + 3) / 4 * 4;
            uint sum = 0;
            for (int word = at; word < at + padded; word += 4) sum = unchecked(sum + BinaryPrimitives.ReadUInt32BigEndian(font.AsSpan(word)));
            var entry = font.AsSpan(12 + 16 * i);
            Encoding.ASCII.GetBytes(tag, entry);
            BinaryPrimitives.WriteUInt32BigEndian(entry[4..], sum);
            BinaryPrimitives.WriteUInt32BigEndian(entry[8..], (uint)at);
            BinaryPrimitives.WriteUInt32BigEndian(entry[12..], (uint)content.Length);
            at += padded;
        }
        return font;
    }

    // Format 4, which holds every character of these fonts.
    void ReadCharacters()
    {
        int cmap = tables["cmap"].Offset;
        int table = Enumerable.Range(0, U16(cmap + 2)).Select(i => cmap + (int)U32(cmap + 8 + 8 * i)).First(at => U16(at) == 4);
        int twice = U16(table + 6);
        for (int i = 0; i < twice; i += 2)
        {
            int end = U16(table + 14 + i), start = U16(table + 16 + twice + i), delta = U16(table + 16 + 2 * twice + i), rangeAt = table + 16 + 3 * twice + i, range = U16(rangeAt);
            for (int c = start; c <= end && c != 0xFFFF; c++)
            {
                int glyph = range == 0 ? c + delta : U16(rangeAt + range + 2 * (c - start)) is var g && g == 0 ? 0 : g + delta;
                if ((glyph & 0xFFFF) != 0) glyphs[c] = (ushort)glyph;
            }
        }
    }

    byte[] Table(string tag) => data.AsSpan(tables[tag].Offset, tables[tag].Length).ToArray();
    int PerMille(int units) => (int)Math.Round(1000.0 * units / unitsPerEm);
    ushort U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(at));
    short S16(int at) => BinaryPrimitives.ReadInt16BigEndian(data.AsSpan(at));
    uint U32(int at) => BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at));
}
