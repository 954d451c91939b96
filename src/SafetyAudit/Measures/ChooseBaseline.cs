using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Measures;

/// <summary>Holds a measure against another published rate, which moves every figure beside the literature: one person proposes it with a reason, another signs it.</summary>
public sealed class ChooseBaseline(SafetyAuditDb db, TimeProvider time)
{
    /// <summary>The measure's baselines with the one in force at an instant; none where the measure has none.</summary>
    /// <param name="db">Where choices are kept.</param>
    /// <param name="atUtc">The instant; null for now.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<Dictionary<string, string>> InForceAsync(SafetyAuditDb db, DateTime? atUtc, CancellationToken ct)
    {
        var inForce = await db.Baselines.Where(b => b.IsDefault).ToDictionaryAsync(b => b.MeasureCode, b => b.Id, ct);
        foreach (var choice in await db.BaselineChoices.Where(c => c.IsSigned && (atUtc == null || c.AnsweredAtUtc <= atUtc)).OrderBy(c => c.AnsweredAtUtc).ThenBy(c => c.Id).Select(c => new { c.MeasureCode, c.BaselineId }).ToListAsync(ct))
            inForce[choice.MeasureCode] = choice.BaselineId;
        return inForce;
    }

    /// <summary>What keeps it from being proposed, in words; null once it waits for a signature.</summary>
    public async Task<string?> ProposeAsync(string measure, string baseline, string? why, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!await db.Baselines.AnyAsync(b => b.Id == baseline && b.MeasureCode == measure, ct)) return "That is no baseline of this measure.";
        if (why?.Trim() is not { Length: > 0 and <= BaselineChoice.LongestReason } reason) return $"Say why, in at most {BaselineChoice.LongestReason} characters.";
        if ((await InForceAsync(db, null, ct)).GetValueOrDefault(measure) == baseline) return "That baseline is in use already.";
        if (await db.BaselineChoices.AnyAsync(c => c.MeasureCode == measure && c.AnsweredAtUtc == null, ct)) return "A proposal for this measure waits already. It is signed or turned down first.";
        db.BaselineChoices.Add(new() { MeasureCode = measure, BaselineId = baseline, Why = reason, ProposedBy = db.Actor.Name, ProposedAtUtc = time.UtcNow() });
        db.Why = reason;
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException)
        {
            // One proposal for a measure, whoever was first.
            return "A proposal for this measure waits already. It is signed or turned down first.";
        }
        await transaction.CommitAsync(ct);
        return null;
    }

    /// <summary>What keeps it from being answered, in words; null once it is. Whoever proposed may take it back, and never sign it.</summary>
    public async Task<string?> AnswerAsync(long id, bool sign, string? words, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await db.BaselineChoices.SingleOrDefaultAsync(c => c.Id == id, ct) is not { AnsweredAtUtc: null } choice) return "It has been answered already.";
        if (sign && choice.ProposedBy == db.Actor.Name) return "You proposed it yourself: somebody else signs it.";
        if (words?.Trim() is not { Length: > 0 and <= BaselineChoice.LongestReason } answer) return $"Say why, in at most {BaselineChoice.LongestReason} characters.";
        // The row is taken by whoever writes first; another who read it open meanwhile finds it answered.
        var now = time.UtcNow();
        if (await db.BaselineChoices.Where(c => c.Id == id && c.AnsweredAtUtc == null).ExecuteUpdateAsync(set => set.SetProperty(c => c.AnsweredAtUtc, now), ct) == 0) return "It has been answered already.";
        (choice.AnsweredBy, choice.AnsweredAtUtc, choice.Answer, choice.IsSigned) = (db.Actor.Name, now, answer, sign);
        db.Why = answer;
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return null;
    }
}
