namespace SafetyAudit.Statistics;

/// <summary>What kind of outcome a case-mix model predicts.</summary>
public enum CaseMixFamily
{
    /// <summary>Whether a session had an event: logistic regression.</summary>
    Logistic,

    /// <summary>How many events: Poisson regression on the logarithm, with exposure as an offset.</summary>
    PoissonLog,
}

/// <summary>How a fit ended.</summary>
public enum FitState
{
    Converged,

    /// <summary>Fewer than 10 events per coefficient: the figures stand, but shouldn't be used to adjust.</summary>
    TooFewEvents,

    /// <summary>Linear predictors run off or the information is singular: a factor decides the outcome for some, or repeats another. No model.</summary>
    NotIdentified,
}

/// <summary>
/// Case-mix model by iteratively reweighted least squares (Nelder and Wedderburn 1972; McCullagh and
/// Nelder, §2.5): β ← (XᵀWX)⁻¹XᵀW z. Expected events come from it, fitted on peers.
/// </summary>
/// <remarks>
/// An intercept is added as the first coefficient. Factors are standardised inside, so the answer doesn't depend on their units or origins. Stops
/// when the deviance changes by less than 1e-12 of itself. If then a step would still move some case's linear predictor by 0.01 or more, the
/// likelihood rises without end: those cases are separated, and there is no model.
/// Reference: <c>risk_coefficients.csv</c>,
/// <c>risk_providers.csv</c>: coefficients 1e-8, errors 1e-6.
/// </remarks>
public sealed class CaseMixModel
{
    readonly double[] coefficients, errors;

    CaseMixModel(
        CaseMixFamily family, FitState state, double[] coefficients, double[] errors, double deviance, double nullDeviance, double logLikelihood,
            double events, int cases)
    {
        (Family, State, this.coefficients, this.errors) = (family, state, coefficients, errors);
        (Deviance, NullDeviance, LogLikelihood, Events, Cases) = (deviance, nullDeviance, logLikelihood, events, cases);
    }

    public CaseMixFamily Family { get; }

    public FitState State { get; }

    /// <summary>Intercept first, then one per column.</summary>
    public ReadOnlySpan<double> Coefficients => coefficients;

    public ReadOnlySpan<double> StandardErrors => errors;

    public double Deviance { get; }

    public double NullDeviance { get; }

    public double LogLikelihood { get; }

    public double Events { get; }

    public int Cases { get; }

    /// <summary>Fits a model.</summary>
    /// <param name="family">Kind of outcome.</param>
    /// <param name="outcomes">0 or 1 for logistic, counts for Poisson.</param>
    /// <param name="factors">Risk factors, case by case: <paramref name="columns"/> figures for each.</param>
    /// <param name="columns">Risk factors per case.</param>
    /// <param name="exposure">Poisson: exposure of each case, above 0; empty for 1 each.</param>
    /// <exception cref="ArgumentException">The lists don't fit together.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An outcome isn't possible for the family, a factor isn't finite, or an exposure not above 0.</exception>
    public static CaseMixModel Fit(
        CaseMixFamily family, ReadOnlySpan<double> outcomes, ReadOnlySpan<double> factors, int columns, ReadOnlySpan<double> exposure = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        int n = outcomes.Length, k = columns + 1;
        if (n == 0 || factors.Length != (long)n * columns) throw new ArgumentException("Every case has an outcome and all its factors.", nameof(factors));
        if (!exposure.IsEmpty && exposure.Length != n) throw new ArgumentException("Every case has its exposure.", nameof(exposure));
        foreach (double factor in factors)
            if (!double.IsFinite(factor)) throw new ArgumentOutOfRangeException(nameof(factors), "Factors are finite; leave out a case without one.");
        double events = 0, total = 0;
        for (int i = 0; i < n; i++)
        {
            if (family == CaseMixFamily.Logistic ? outcomes[i] is not (0 or 1) : !(outcomes[i] >= 0 && double.IsFinite(outcomes[i])))
                throw new ArgumentOutOfRangeException(nameof(outcomes),
                    "An outcome is 0 or 1 for a logistic model, and a count of 0 or more for a Poisson one.");
            if (!exposure.IsEmpty && !(exposure[i] > 0 && double.IsFinite(exposure[i])))
                throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and above 0; leave out a case without.");
            events += outcomes[i];
            total += exposure.IsEmpty ? 1 : exposure[i];
        }
        var none = new CaseMixModel(family, FitState.NotIdentified, new double[k], new double[k], 0, 0, 0, events, n);
        if (events == 0 || (family == CaseMixFamily.Logistic && events == n)) return none;

        // Standardised factors, so that neither units nor origins matter to what follows.
        double[] origin = new double[columns], unit = new double[columns], standard = new double[factors.Length];
        if (!Standardise(factors, columns, origin, unit, standard)) return none;

        double common = events / total;
        var beta = new double[k];
        beta[0] = family == CaseMixFamily.Logistic ? Math.Log(common / (1 - common)) : Math.Log(common);
        double nullDeviance = 0, deviance = double.PositiveInfinity, logLikelihood = 0;
        double[] information = new double[k * k], score = new double[k], row = new double[k], step = new double[k];
        bool converged = false;
        for (int iteration = 0, halvings = 0; iteration < 100; iteration++)
        {
            Array.Clear(information);
            Array.Clear(score);
            double sum = 0, log = 0;
            for (int i = 0; i < n; i++)
            {
                var x = standard.AsSpan(i * columns, columns);
                double eta = beta[0];
                for (int j = 0; j < x.Length; j++) eta += beta[j + 1] * x[j];
                double y = outcomes[i], mean, weight;
                if (family == CaseMixFamily.Logistic)
                {
                    double e = Math.Exp(-Math.Abs(eta)), tail = 1 / (1 + e);
                    mean = eta >= 0 ? tail : e * tail;
                    weight = e * tail * tail;
                    // ln p or ln(1 − p), whichever happened.
                    log += (y > 0 == eta >= 0 ? 0 : -Math.Abs(eta)) - Elementary.LogOnePlus(e);
                }
                else
                {
                    double offset = exposure.IsEmpty ? 0 : Math.Log(exposure[i]);
                    mean = Math.Exp(eta + offset);
                    weight = mean;
                    log += y * (eta + offset) - mean - (y > 1 ? Loader.LogGamma(y + 1) : 0);
                    sum += y > 0 ? 2 * (y * Math.Log(y / mean) - (y - mean)) : 2 * mean;
                }
                double residual = y - mean;
                row[0] = weight;
                score[0] += residual;
                information[0] += weight;
                for (int a = 0; a < x.Length; a++)
                {
                    double wx = weight * x[a];
                    score[a + 1] += residual * x[a];
                    information[(a + 1) * k] += wx;
                    for (int b = 0; b <= a; b++) information[(a + 1) * k + b + 1] += wx * x[b];
                }
            }
            if (family == CaseMixFamily.Logistic) sum = -2 * log;
            if (iteration == 0) nullDeviance = sum;     // the first pass is at the intercept alone
            if (iteration > 0 && !(sum <= deviance * (1 + 1e-8) + 1e-8) && halvings < 30)
            {
                // Too long a step: half of it is taken back.
                halvings++;
                for (int a = 0; a < k; a++) beta[a] -= step[a] /= 2;
                continue;
            }
            halvings = 0;
            bool settled = Math.Abs(deviance - sum) <= 1e-12 * (Math.Abs(sum) + 0.1);
            (deviance, logLikelihood) = (sum, log);
            if (!Cholesky(information, k)) return none;
            Solve(information, k, score);
            if (settled && LargestMove(standard, columns, score) >= 0.01) return none;
            for (int a = 0; a < k; a++)
            {
                step[a] = score[a];
                beta[a] += score[a];
                if (!double.IsFinite(beta[a])) return none;
            }
            if (settled)
            {
                converged = true;
                break;
            }
        }
        if (!converged) return none;
        // Back to the factors' own units and origins.
        var errors = new double[k];
        for (int a = 1; a < k; a++)
        {
            errors[a] = Math.Sqrt(Variance(a)) / unit[a - 1];
            beta[a] /= unit[a - 1];
            beta[0] -= beta[a] * origin[a - 1];
        }
        errors[0] = Math.Sqrt(Variance(0));
        return new(family, events < 10 * k ? FitState.TooFewEvents : FitState.Converged, beta, errors, deviance, nullDeviance, logLikelihood, events, n);

        // Of a standardised coefficient, or of the intercept at the factors' own origins.
        double Variance(int coefficient)
        {
            Array.Clear(row);
            row[coefficient] = 1;
            if (coefficient == 0) for (int a = 1; a < k; a++) row[a] = -origin[a - 1] / unit[a - 1];
            double[] weights = [.. row];
            Solve(information, k, row);
            double sum = 0;
            for (int a = 0; a < k; a++) sum += weights[a] * row[a];
            return sum;
        }
    }

    /// <summary>The expected outcome of a case: a probability, or a count over its exposure.</summary>
    /// <param name="factors">Its risk factors, as many as the model has.</param>
    /// <param name="exposure">Poisson: its exposure, 0 or more.</param>
    /// <exception cref="ArgumentException">There are more or fewer factors than the model has.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A factor is not finite, or the exposure not finite and 0 or more.</exception>
    /// <exception cref="InvalidOperationException">There is no model: its state is <see cref="FitState.NotIdentified"/>.</exception>
    public double Predict(ReadOnlySpan<double> factors, double exposure = 1)
    {
        if (State == FitState.NotIdentified) throw new InvalidOperationException("There is no model to predict from: ask its State first.");
        if (factors.Length != coefficients.Length - 1) throw new ArgumentException("Give as many factors as the model has.", nameof(factors));
        foreach (double factor in factors)
            if (!double.IsFinite(factor)) throw new ArgumentOutOfRangeException(nameof(factors), "Factors are finite.");
        if (!(exposure >= 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and 0 or more.");
        double eta = coefficients[0];
        for (int j = 0; j < factors.Length; j++) eta += coefficients[j + 1] * factors[j];
        return Family == CaseMixFamily.Logistic ? 1 / (1 + Math.Exp(-eta)) : exposure * Math.Exp(eta);
    }

    // Each column less its mean, over its standard deviation; false if one doesn't vary, which repeats the intercept.
    static bool Standardise(ReadOnlySpan<double> factors, int columns, double[] origin, double[] unit, double[] standard)
    {
        int n = columns == 0 ? 0 : factors.Length / columns;
        for (int j = 0; j < columns; j++)
        {
            double first = factors[j], sum = 0, squares = 0, size = 0;
            for (int i = 0; i < n; i++) sum += (factors[i * columns + j] - first) / n;
            origin[j] = first + sum;
            for (int i = 0; i < n; i++)
            {
                double off = standard[i * columns + j] = factors[i * columns + j] - origin[j];
                unit[j] = Math.Max(unit[j], Math.Abs(off));
                size = Math.Max(size, Math.Abs(factors[i * columns + j]));
            }
            if (!(unit[j] > 1e-13 * size) || !double.IsFinite(unit[j])) return false;
            for (int i = 0; i < n; i++)
            {
                double off = standard[i * columns + j] /= unit[j];
                squares += off * off;
            }
            double deviation = Math.Sqrt(squares / n);
            for (int i = 0; i < n; i++) standard[i * columns + j] /= deviation;
            unit[j] *= deviation;
        }
        return true;
    }

    // The largest change of any case's linear predictor by a step.
    static double LargestMove(double[] standard, int columns, double[] step)
    {
        double largest = columns == 0 ? Math.Abs(step[0]) : 0;
        for (int at = 0; columns > 0 && at < standard.Length; at += columns)
        {
            double move = step[0];
            for (int j = 0; j < columns; j++) move += step[j + 1] * standard[at + j];
            largest = Math.Max(largest, Math.Abs(move));
        }
        return largest;
    }

    // Lower triangle in place; false if a pivot is lost to rounding.
    static bool Cholesky(double[] m, int k)
    {
        for (int i = 0; i < k; i++)
            for (int j = 0; j <= i; j++)
            {
                double sum = m[i * k + j];
                for (int l = 0; l < j; l++) sum -= m[i * k + l] * m[j * k + l];
                if (i != j) m[i * k + j] = sum / m[j * k + j];
                else if (sum > 1e-12 * m[i * k + i]) m[i * k + i] = Math.Sqrt(sum);
                else return false;
            }
        return true;
    }

    static void Solve(double[] m, int k, double[] x)
    {
        for (int i = 0; i < k; i++)
        {
            for (int l = 0; l < i; l++) x[i] -= m[i * k + l] * x[l];
            x[i] /= m[i * k + i];
        }
        for (int i = k - 1; i >= 0; i--)
        {
            for (int l = i + 1; l < k; l++) x[i] -= m[l * k + i] * x[l];
            x[i] /= m[i * k + i];
        }
    }
}
